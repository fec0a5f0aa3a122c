"""A small SMTP server on loopback for tests: keeps what it is sent, refuses or stalls when told to."""

import socketserver
import threading
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class SmtpServer:
    """``refuse``: recipient → the SMTP code it is refused with. While ``answering`` is clear, a mail that has been
    received in full gets no answer; ``received_one`` tells that there is one."""

    refuse: dict[str, int] = field(default_factory=dict)
    recipients: list[list[str]] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    answering: threading.Event = field(default_factory=threading.Event)
    received_one: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> "SmtpServer":
        self.answering.set()
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session)
        self._server.daemon_threads = True
        self._server.state = self
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.answering.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        return self._server.server_address[1]


class Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        state: SmtpServer = self.server.state
        accepted: list[str] = []
        self.say("220 test")
        for line in self.rfile:
            verb, rest = line[:4].decode().upper(), line.decode().strip()
            if verb == "RCPT":
                address = rest.partition("<")[2].partition(">")[0]
                code = state.refuse.get(address, 250)
                accepted += [address] if code == 250 else []
                self.say(f"{code} recipient")
            elif verb == "DATA":
                self.say("354 go on")
                state.mails.append(message_from_bytes(self.data(), policy=policy.default))
                state.recipients.append(accepted)
                state.received_one.set()
                state.answering.wait(60)
                self.say("250 kept")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")

    def data(self) -> bytes:
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")
