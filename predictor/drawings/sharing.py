"""Showing one drawing to whoever has its link: as long as its owner wishes, and nothing else of theirs."""

import secrets

from predictor.models import Drawing

TOKEN_BYTES = 32


def share(*, drawing: Drawing) -> str:
    """The token of a drawing's link, made where there is none yet."""
    unshared = Drawing.objects.filter(pk=drawing.pk, share_token=None)
    unshared.update(share_token=secrets.token_urlsafe(TOKEN_BYTES))
    drawing.refresh_from_db(fields=["share_token"])
    return drawing.share_token or ""


def unshare(*, drawing: Drawing) -> None:
    """The link leads nowhere from now on; sharing again makes another one."""
    Drawing.objects.filter(pk=drawing.pk).update(share_token=None)
    drawing.share_token = None
