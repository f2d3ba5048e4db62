"""The operator's secret: from a file or the environment, never from the configuration file itself."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from models.errors import ConfigError
from models.identity import Identity, Keys
from streams.privacy_settings import PrivacyConfig

SECRET_VARIABLE: Final = "TOUCHPOINT_SECRET"  # noqa: S105 - the name of the variable, not its value
_BYTES_MIN: Final = 16


def identity_of(config: PrivacyConfig, environment: Mapping[str, str] | None = None) -> Identity:
    """Return what hashes ids and makes pseudonyms, under the operator's secret.

    Raises
    ------
    ConfigError
        Where there is no usable secret and employees are not to be named.
    """
    named = config.mode == "named"
    secret = _secret(config, os.environ if environment is None else environment)
    if secret is not None:
        return Identity(Keys.from_secret(secret), named=named)
    if named:
        return Identity(Keys.public(), named=True)
    raise ConfigError(
        "privacy.secret_file",
        "employees are held under pseudonyms, and those need a secret of your own. Make one with "
        "`head -c 32 /dev/urandom | base64 > touchpoint.secret`, keep it, and name the file here or give its "
        f'content in {SECRET_VARIABLE}. Without any secret only privacy.mode = "named" runs',
    )


def _secret(config: PrivacyConfig, environment: Mapping[str, str]) -> bytes | None:
    if SECRET_VARIABLE in environment:
        where, secret = SECRET_VARIABLE, os.fsencode(environment[SECRET_VARIABLE])
    elif config.secret_file:
        where = "privacy.secret_file"
        try:
            secret = Path(config.secret_file).read_bytes()
        except OSError as error:
            raise ConfigError(where, f"{config.secret_file} cannot be read: {error.strerror}") from None
    else:
        return None
    secret = secret.strip()
    if len(secret) < _BYTES_MIN:
        raise ConfigError(where, f"a secret of {len(secret)} bytes is too short; {_BYTES_MIN} are the least")
    return secret
