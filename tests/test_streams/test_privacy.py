"""The operator's secret: where it may come from, and that nothing runs under pseudonyms without one."""

import os
from pathlib import Path
from typing import Literal

import pytest

from models.errors import ConfigError
from models.identity import Identity
from streams.privacy import SECRET_VARIABLE, identity_of
from streams.privacy_settings import PrivacyConfig

LONG = "sixteen bytes ok"
MODES: tuple[Literal["team", "pseudonym"], ...] = ("team", "pseudonym")


def refusal(config: PrivacyConfig, **environment: str) -> ConfigError:
    """Return the error with which a secret is refused."""
    with pytest.raises(ConfigError) as caught:
        identity_of(config, environment)
    return caught.value


def secret_in(folder: Path, content: bytes) -> PrivacyConfig:
    """Return a configuration that names a file with this content."""
    path = folder / "touchpoint.secret"
    path.write_bytes(content)
    return PrivacyConfig(secret_file=str(path))


def pseudonym(identity: Identity) -> str:
    return identity.employee("jane.doe")


@pytest.mark.parametrize("mode", ["team", "pseudonym"])
def test_pseudonyms_need_a_secret(mode: Literal["team", "pseudonym"]) -> None:
    """Without one nothing starts, and the error says how to make one, where to put it, and the way around."""
    error = refusal(PrivacyConfig(mode=mode))

    assert error.key == "privacy.secret_file"
    assert "/dev/urandom" in error.problem
    assert SECRET_VARIABLE in error.problem
    assert 'privacy.mode = "named"' in error.problem


def test_named_employees_need_none() -> None:
    """Who is content with names needs no secret; ids are kept as upstream calls them."""
    identity = identity_of(PrivacyConfig(mode="named"), {})

    assert pseudonym(identity) == "jane.doe"
    assert identity.key_id == "public"


def test_named_employees_may_have_one() -> None:
    """With a secret, cases and customers are hashed under it even where employees are named."""
    identity = identity_of(PrivacyConfig(mode="named"), {SECRET_VARIABLE: LONG})

    assert pseudonym(identity) == "jane.doe"
    assert identity.key_id != "public"


def test_the_environment_and_a_file_give_the_same_pseudonyms(tmp_path: Path) -> None:
    """It does not matter how the secret came, nor whether its file ends with a newline."""
    by_variable = identity_of(PrivacyConfig(), {SECRET_VARIABLE: LONG})
    by_file = identity_of(secret_in(tmp_path, f"{LONG}\n".encode()), {})

    assert pseudonym(by_variable) == pseudonym(by_file)
    assert by_variable.key_id == by_file.key_id
    assert "jane" not in pseudonym(by_file)


def test_team_mode_keeps_the_pseudonyms() -> None:
    """The judge's state is the same in both modes: who changes it later finds nothing renamed."""
    team, plain = (identity_of(PrivacyConfig(mode=mode), {SECRET_VARIABLE: LONG}) for mode in MODES)

    assert pseudonym(team) == pseudonym(plain)
    assert team.key_id == plain.key_id


def test_another_secret_gives_other_pseudonyms(tmp_path: Path) -> None:
    """Pseudonyms of one installation mean nothing to the next."""
    one = identity_of(secret_in(tmp_path, b"a" * 16), {})
    other = identity_of(secret_in(tmp_path, b"b" * 16), {})

    assert pseudonym(one) != pseudonym(other)
    assert one.key_id != other.key_id


def test_the_environment_stands_over_the_file(tmp_path: Path) -> None:
    """Where both are given the variable holds, as with every setting."""
    config = secret_in(tmp_path, b"b" * 16)

    assert pseudonym(identity_of(config, {SECRET_VARIABLE: LONG})) == pseudonym(
        identity_of(PrivacyConfig(), {SECRET_VARIABLE: LONG})
    )


@pytest.mark.parametrize("secret", ["", "   ", "fifteen bytes..", f"  {'x' * 15}\n"])
@pytest.mark.parametrize("mode", ["pseudonym", "named"])
def test_a_short_secret_is_refused(tmp_path: Path, secret: str, mode: str) -> None:
    """Less than 16 bytes can be guessed: refused wherever they come from, whatever the mode."""
    config = PrivacyConfig(mode=mode, secret_file=secret_in(tmp_path, secret.encode()).secret_file)  # type: ignore[arg-type]

    assert refusal(config).key == "privacy.secret_file"
    assert refusal(config, **{SECRET_VARIABLE: secret}).key == SECRET_VARIABLE
    assert "too short" in refusal(config).problem


def test_a_refusal_never_repeats_the_secret(tmp_path: Path) -> None:
    """Errors end in logs, so a secret that is too short is not quoted."""
    config = secret_in(tmp_path, b"hunter2")

    assert "hunter2" not in str(refusal(config))
    assert "hunter2" not in str(refusal(config, **{SECRET_VARIABLE: "hunter2"}))


def test_bytes_that_are_no_text_are_a_secret(tmp_path: Path) -> None:
    """Random bytes need not be UTF-8, in a file or in a variable."""
    raw = bytes(range(128, 160))
    by_file = identity_of(secret_in(tmp_path, raw), {})
    by_variable = identity_of(PrivacyConfig(), {SECRET_VARIABLE: os.fsdecode(raw)})

    assert pseudonym(by_file) == pseudonym(by_variable)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A missing file and a folder are told by name: a typing error must not start under another secret."""
    for path in (tmp_path / "none", tmp_path):
        error = refusal(PrivacyConfig(secret_file=str(path)))
        assert error.key == "privacy.secret_file"
        assert str(path) in error.problem
