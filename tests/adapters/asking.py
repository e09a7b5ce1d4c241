"""
Asks the process that stands ready (`ready.py`) for a fork with the words, folder, settings and files of this process.

Passes on the signals that end a program, and ends as the fork ends. It imports little, so that it starts quickly.
"""

import json
import os
import signal
import socket
import sys


def main(door: str, *words: str) -> int:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(door)
        here = os.getcwd()  # noqa: PTH109 - pathlib takes as long to import as all the rest
        asked = json.dumps({"words": words, "folder": here, "settings": dict(os.environ)}).encode()
        socket.send_fds(line, [len(asked).to_bytes(4, "big")], [0, 1, 2])
        line.sendall(asked)
        heard = line.makefile()
        process = int(heard.readline())
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: os.kill(process, number))
        code = int(heard.readline())
    return code if code >= 0 else 128 - code  # as shells say it of somebody who was killed


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
