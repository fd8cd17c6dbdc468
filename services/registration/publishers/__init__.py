"""Publishers: the systems that report, what each may say, and by which keys the REST edge knows them."""
