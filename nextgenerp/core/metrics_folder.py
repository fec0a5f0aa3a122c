"""Where the web processes of one server put their counts; loaded before prometheus_client, which looks for it."""

import os
import shutil
from pathlib import Path


def shared_folder(parent: Path) -> str:
    """Make and return the folder of this server's processes, and remove those of servers that have ended.

    The processes of one server have the same parent process, after which their folder is called.
    """
    own = parent / str(os.getppid())
    own.mkdir(parents=True, exist_ok=True)
    for folder in parent.iterdir():
        if folder.name.isdigit() and not is_running(int(folder.name)):
            shutil.rmtree(folder, ignore_errors=True)
    return str(own)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
