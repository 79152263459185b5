"""Which errors tell what a file holds, and which only that it could not be had just now."""

import errno
import os
import ssl
from typing import Any

# Of the errors of the system, those that a name or a file is to blame for, whenever it is asked.
OF_A_FILE = (
    errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG,
    errno.ELOOP, errno.ENXIO, errno.ENODEV, errno.EFBIG, errno.EOVERFLOW, errno.EILSEQ,
    errno.ENOSYS,
    *((errno.EINVAL,) if os.name == "nt" else ()),  # stores use it for what may pass
)  # fmt: skip
PASSING = (ConnectionError, TimeoutError, ssl.SSLError, MemoryError, ImportError)
# Of the clients of stores, by name, so that none has to be there: of aiohttp, botocore, requests,
# google.auth, azure.core, paramiko, http.client and ftplib. Lost connections, and credentials,
# which are the job's and not the row's.
CLIENTS = frozenset({
    "ClientConnectionError", "ClientPayloadError",
    "ConnectionError", "HTTPClientError", "IncompleteReadError", "NoCredentialsError",
    "PartialCredentialsError", "CredentialRetrievalError", "TokenRetrievalError",
    "MetadataRetrievalError", "SSOError", "LoginError", "NoRegionError",
    "Timeout", "ChunkedEncodingError",
    "GoogleAuthError", "ServiceRequestError", "ServiceResponseError", "SSHException",
    "IncompleteRead", "error_temp",
})  # fmt: skip
LATER = (408, 425, 429)  # by which HTTP asks to come again
# How S3 answers, with a status as of a bad request, where it is not this one file that is wrong.
CODES = frozenset({
    "ExpiredToken", "TokenRefreshRequired", "InvalidToken", "InvalidAccessKeyId",
    "SignatureDoesNotMatch", "RequestTimeTooSkewed", "RequestExpired", "AccountProblem",
    "RequestTimeout", "IncompleteBody", "BadDigest", "OperationAborted",
    "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequests",
    "BandwidthLimitExceeded", "InternalError", "ServiceUnavailable",
})  # fmt: skip


def may_pass(error: BaseException) -> bool:
    """Whether reading may succeed at another time or on another machine.

    A lost connection, a store that fails, credentials that have expired, a package that is missing:
    rows must not be given up for such, so the part fails, and is tried again. What is not known to
    be of that kind is the fault of what was read. What lies behind an error, its `__cause__`,
    comes first: clients of stores call many things a file that is not there.
    """
    causes = [error]
    while (cause := causes[-1].__cause__) is not None:
        causes.append(cause)
    verdicts = (_may_pass(each) for each in reversed(causes))
    return next((verdict for verdict in verdicts if verdict is not None), False)


def _may_pass(error: BaseException) -> bool | None:
    """Judge an error without its causes; None where it says nothing."""
    response = getattr(error, "response", None)  # of botocore a dict, of requests an object
    if isinstance(response, dict) and response.get("Error", {}).get("Code") in CODES:
        return True
    status = _status(error, response)
    if status is not None:
        return status >= 500 or status in LATER
    if isinstance(error, PASSING) or any(kind.__name__ in CLIENTS for kind in type(error).__mro__):
        return True
    if isinstance(error, PermissionError) and "expired" in str(error):
        return True
    if isinstance(error, OSError) and error.errno is not None and error.errno not in OF_A_FILE:
        return True
    return None


def _status(error: BaseException, response: Any) -> int | None:
    """The status by which HTTP refused, wherever a client keeps it."""
    if isinstance(response, dict):
        found = iter([response.get("ResponseMetadata", {}).get("HTTPStatusCode")])
    else:  # one after the other: aiohttp warns of whoever asks for `code`
        names = ("status", "status_code", "code")
        found = (getattr(of, name, None) for of in (error, response) for name in names)
    return next((each for each in found if isinstance(each, int) and 400 <= each < 600), None)


def reason(error: BaseException, name: str) -> str:
    """Say in a line why a file of that name could not be had."""
    text = getattr(error, "strerror", None) or str(error)
    if isinstance(error, FileNotFoundError) and text.strip("/") in name:  # it says no more
        if error.__cause__ is not None:
            return reason(error.__cause__, name)
        return "there is no such file"
    if isinstance(error, KeyError):  # as archives tell of a member
        return f"there is no {text} in it"
    return " ".join(text.split()) or type(error).__name__
