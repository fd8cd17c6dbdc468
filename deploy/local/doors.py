"""`python -m deploy.local.doors`: the doors of all services in one process, each below its service's name."""

from chassis.doors.process import main_of_several
from operations.services import SERVICES

if __name__ == "__main__":
    main_of_several(SERVICES)
