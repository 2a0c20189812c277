"""Starts SecantusDB as `secantusd-py` does, with a short life for transactions that nobody goes on with.

A process that is killed in the middle of a transaction leaves its locks behind until the server ends it. MongoDB's setting for that
is `transactionLifetimeLimitSeconds`, for which docs/operations.md recommends less than the minute of the default; SecantusDB has no
such option, so it is set here. Tests that kill processes would otherwise wait a minute each time.
"""

import sys

from secantus.cli import main
from secantus.server import SecantusDBServer

defaults = SecantusDBServer.__init__.__kwdefaults__
assert "transaction_lifetime_seconds" in defaults
defaults["transaction_lifetime_seconds"] = 5.0

if __name__ == "__main__":
    sys.exit(main())
