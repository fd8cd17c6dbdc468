"""Check-ins: temperature and symptoms, which task they settle, and what follows from abnormal ones."""
