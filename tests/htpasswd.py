"""Users files as htpasswd writes them."""

from pathlib import Path

import bcrypt


def line(name: str, password: str, cost: int = 4, prefix: bytes = b"2y") -> str:
    """Return a line as htpasswd writes it."""
    made = bcrypt.hashpw(password.encode()[:72], bcrypt.gensalt(cost))
    return f"{name}:{made.replace(b'2b', prefix, 1).decode()}"


def file(folder: Path, content: str, name: str = "users") -> str:
    """Return the name of a file that only its owner reads."""
    path = folder / name
    path.write_text(content)
    path.chmod(0o600)
    return str(path)
