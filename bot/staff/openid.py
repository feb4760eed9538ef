"""Sign-in by the organisation's own account: OpenID Connect, authorization code with PKCE.

OpenID Connect Core 1.0 sections 3.1.2 and 3.1.3.7; RFC 7636. A second factor is the provider's. No
account is made here: an administrator makes it, and the provider only proves who comes.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.privacy.vault import BadKey, Cipher
from bot.settings import Settings
from bot.staff import errors
from bot.staff.models import StaffAccount
from bot.staff.service import audit, new_token, nobodys_hash

SIGNATURES = ["RS256", "PS256", "ES256", "EdDSA"]
"""Only what the provider alone can sign; never a secret that the client knows as well."""
STATE_FOR = timedelta(minutes=10)
TIMEOUT_SECONDS = 10.0
LEEWAY_SECONDS = 60


@dataclass(frozen=True)
class Begun:
    """What the browser keeps, sealed, between leaving for the provider and coming back."""

    state: str
    nonce: str
    verifier: str
    next: str
    until: float


@dataclass(frozen=True)
class Identity:
    """Whom the provider vouches for."""

    issuer: str
    subject: str
    login: str
    """The claim that names the account here (OIDC_LOGIN_CLAIM); empty when it is not there."""


class Provider:
    """The provider of the settings. Its addresses and keys are fetched at each sign-in.

    A sign-in a person a day needs no cache, and keys that the provider changed hold at once.
    """

    def __init__(self, settings: Settings) -> None:
        """Raises NoOpenId when sign-in by OpenID is not set up."""
        if not settings.oidc_issuer or not settings.oidc_client_id:
            raise errors.NoOpenId
        self._settings = settings
        self.issuer = settings.oidc_issuer.rstrip("/")

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends the browser back; to be registered there."""
        return f"{self._settings.base_url}/staff/openid/callback"

    def begin(self, *, next: str, cipher: Cipher, now: datetime) -> tuple[str, str]:
        """The provider's address to lead the browser to, and what the browser keeps meanwhile.

        Raises OpenIdFailed when the provider cannot be reached.
        """
        metadata = self._metadata()
        begun = Begun(
            state=new_token(),
            nonce=new_token(),
            verifier=new_token() + new_token(),
            next=next,
            until=(now + STATE_FOR).timestamp(),
        )
        with self._client() as client:
            url, _ = client.create_authorization_url(
                metadata["authorization_endpoint"],
                state=begun.state,
                code_verifier=begun.verifier,
                nonce=begun.nonce,
            )
        return str(url), cipher.encrypt(json.dumps(asdict(begun))).decode("ascii")

    def finish(
        self, *, kept: str, state: str, code: str, cipher: Cipher, now: datetime
    ) -> tuple[Identity, str]:
        """Who came back, proven, and the page that was asked for. Raises OpenIdFailed."""
        begun = _opened(kept, cipher)
        if begun is None or begun.until < now.timestamp() or begun.state != state or not code:
            raise errors.OpenIdFailed
        metadata = self._metadata()
        try:
            with self._client() as client:
                token = client.fetch_token(
                    metadata["token_endpoint"], code=code, code_verifier=begun.verifier
                )
                keys = client.request("GET", metadata["jwks_uri"], withhold_token=True)
                keys.raise_for_status()
            claims = self._claims(token, KeySet.import_key_set(keys.json()), begun.nonce)
        except (AuthlibBaseError, JoseError, httpx.HTTPError, KeyError, ValueError) as error:
            raise errors.OpenIdFailed from error
        return self._identity(claims), begun.next

    def _claims(self, token: dict[str, Any], keys: KeySet, nonce: str) -> dict[str, Any]:
        decoded = jwt.decode(token["id_token"], keys, registry=JWSRegistry(algorithms=SIGNATURES))
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {"iss": {"essential": True, "values": [self.issuer, self.issuer + "/"]}},
            {
                "nonce": nonce,
                "client_id": self._settings.oidc_client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(leeway=LEEWAY_SECONDS)
        audience = claims["aud"]
        if self._settings.oidc_client_id not in (
            audience if isinstance(audience, list) else [audience]
        ):
            raise ValueError("the token is meant for another client")
        return dict(claims)

    def _identity(self, claims: dict[str, Any]) -> Identity:
        login = claims.get(self._settings.oidc_login_claim)
        return Identity(self.issuer, str(claims["sub"]), str(login or "").strip().lower())

    def _metadata(self) -> dict[str, Any]:
        address = f"{self.issuer}/.well-known/openid-configuration"
        try:
            with httpx.Client(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
                answer = client.get(address)
                answer.raise_for_status()
                metadata: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise errors.OpenIdFailed from error
        if str(metadata.get("issuer", "")).rstrip("/") != self.issuer:
            raise errors.OpenIdFailed
        return metadata

    def _client(self) -> OAuth2Client:
        return OAuth2Client(
            client_id=self._settings.oidc_client_id,
            client_secret=self._settings.oidc_client_secret.get_secret_value(),
            scope=self._settings.oidc_scope,
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        )


def account_of(session: Session, *, identity: Identity, now: datetime) -> StaffAccount:
    """The account of whom the provider vouches for, tied to it at the first sign-in.

    Raises OpenIdUnknown when no open account is meant for that person.
    """
    account = session.scalar(
        select(StaffAccount).where(
            StaffAccount.issuer == identity.issuer, StaffAccount.subject == identity.subject
        )
    )
    if account is None and identity.login:
        account = session.scalar(
            select(StaffAccount)
            .where(StaffAccount.login == identity.login, StaffAccount.subject.is_(None))
            .with_for_update()
        )
        if account is not None and account.active:
            account.issuer, account.subject = identity.issuer, identity.subject
            audit(session, login=account.login, what="openid_tied", subject=account.login, now=now)
    if account is None or not account.active:
        raise errors.OpenIdUnknown
    if account.must_change:
        # The provider has proven the person. Whoever made the account knows its one-time password:
        # it must not stay behind as one that works for good.
        account.password_hash, account.must_change = nobodys_hash(), False
    audit(session, login=account.login, what="sign_in_openid", subject=account.login, now=now)
    return account


def _opened(kept: str, cipher: Cipher) -> Begun | None:
    try:
        return Begun(**json.loads(cipher.decrypt(kept.encode("ascii", "replace"))))
    except (BadKey, ValueError, TypeError):
        return None
