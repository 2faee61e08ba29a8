"""A throwaway PostgreSQL server and a small client, so that the generators need no psql and no driver."""

import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import time

HBA = """host all waiting 127.0.0.1/32 password
host all all 127.0.0.1/32 trust
"""


class ServerError(Exception):
    """An ErrorResponse of the server; str() is its message."""


class Session:
    """One connection over TCP, trust authentication, text format."""

    def __init__(self, port, user="postgres", database="postgres", application_name=None, wait=True):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        options = {"user": user, "database": database}
        if application_name:
            options["application_name"] = application_name
        body = b"".join(k.encode() + b"\0" + v.encode() + b"\0" for k, v in options.items()) + b"\0"
        self.socket.sendall(struct.pack("!ii", len(body) + 8, 196608) + body)
        self.pid = None
        if wait:
            self.finish()

    @property
    def local_port(self):
        return self.socket.getsockname()[1]

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise ConnectionError("the server closed the connection")
            data += piece
        return data

    def _send(self, kind, body):
        self.socket.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def start(self, sql):
        """Sends a simple query; finish() waits for its end."""
        self._send(b"Q", sql.encode() + b"\0")

    def finish(self):
        """Reads to ReadyForQuery; returns the rows or raises ServerError."""
        rows, error = [], None
        while True:
            header = self._exactly(5)
            kind = header[:1]
            body = self._exactly(struct.unpack("!i", header[1:])[0] - 4)
            if kind == b"D":
                rows.append(self._row(body))
            elif kind == b"K":
                self.pid = struct.unpack("!i", body[:4])[0]
            elif kind == b"E":
                fields = dict((f[:1], f[1:].decode()) for f in body.split(b"\0") if f)
                error = fields[b"M"]
                if fields[b"S"] == "FATAL":
                    raise ServerError(error)
            elif kind == b"Z":
                if error:
                    raise ServerError(error)
                return rows

    @staticmethod
    def _row(body):
        count, at, row = struct.unpack("!h", body[:2])[0], 2, []
        for _ in range(count):
            length = struct.unpack("!i", body[at : at + 4])[0]
            at += 4
            if length < 0:
                row.append(None)
            else:
                row.append(body[at : at + length].decode())
                at += length
        return row

    def query(self, sql):
        self.start(sql)
        return self.finish()

    def prepared(self, statement, portal, sql):
        """Parse, Bind, Execute under the given names."""
        s, p = statement.encode() + b"\0", portal.encode() + b"\0"
        self._send(b"P", s + sql.encode() + b"\0" + struct.pack("!h", 0))
        self._send(b"B", p + s + struct.pack("!hhh", 0, 0, 0))
        self._send(b"E", p + struct.pack("!i", 0))
        self._send(b"S", b"")
        return self.finish()

    def fastpath(self, function_oid, *arguments):
        body = struct.pack("!ihh", function_oid, 0, len(arguments))
        for argument in arguments:
            body += struct.pack("!i", len(argument)) + argument.encode()
        self._send(b"F", body + struct.pack("!h", 0))
        return self.finish()

    def close(self):
        self.socket.close()


class Server:
    """A server of bin_dir's binaries in a temporary directory; as root it runs as the user run_as."""

    def __init__(self, bin_dir, run_as="nobody", settings=()):
        self.bin_dir = pathlib.Path(bin_dir).resolve()
        self.postgres = self.bin_dir / "postgres"
        if not self.postgres.exists():
            raise SystemExit(f"{self.postgres} does not exist; name the directory that holds postgres and initdb")
        self.identity = {"user": run_as, "group": None, "extra_groups": []} if os.getuid() == 0 else {}
        if self.identity:
            import grp
            import pwd

            self.identity["group"] = grp.getgrgid(pwd.getpwnam(run_as).pw_gid).gr_name
        self.settings = list(settings)

    def __enter__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="postgres-facts-"))
        if self.identity:
            shutil.chown(self.directory, self.identity["user"], self.identity["group"])
        data = self.directory / "data"
        self._run(self.bin_dir / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "-N")
        (data / "pg_hba.conf").write_text(HBA)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = open(self.directory / "log", "w+")
        command = [self.postgres, "-D", data, "-p", str(self.port), "-h", "127.0.0.1", "-k", "", "-F"]
        for setting in self.settings:
            command += ["-c", setting]
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, cwd="/", **self.identity)
        self._await()
        return self

    def _run(self, *command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/", **self.identity)
        if done.returncode != 0:
            raise SystemExit(f"{command[0]} failed:\n{done.stdout.decode()}")

    def _await(self):
        for _ in range(300):
            if self.process.poll() is not None:
                break
            try:
                Session(self.port).close()
                return
            except (OSError, ServerError):
                time.sleep(0.1)
        self.log.seek(0)
        text = self.log.read()
        self.__exit__()
        raise SystemExit(f"the server did not start:\n{text}")

    def session(self, **options):
        return Session(self.port, **options)

    def version_num(self):
        session = self.session()
        try:
            return int(session.query("show server_version_num")[0][0])
        finally:
            session.close()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(3)  # SIGQUIT: immediate shutdown
            self.process.wait(30)
        self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)


def until(what, condition, seconds=30):
    """Polls until condition() is true and returns its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise SystemExit(f"waited {seconds} s in vain: {what}")


def sleeping(watcher, pid):
    """True while the backend pid is in pg_sleep."""
    rows = watcher.query(f"select 1 from pg_stat_activity where pid = {pid} and wait_event = 'PgSleep'")
    return bool(rows)
