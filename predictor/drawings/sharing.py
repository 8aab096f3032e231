"""Share links: anyone who has the link sees the drawing, until the owner withdraws it."""

import secrets

from predictor.models import Drawing

TOKEN_BYTES = 32


def share(*, drawing: Drawing) -> str:
    """Returns the token of the drawing's link; creates one if there is none."""
    unshared = Drawing.objects.filter(pk=drawing.pk, share_token=None)
    unshared.update(share_token=secrets.token_urlsafe(TOKEN_BYTES))
    drawing.refresh_from_db(fields=["share_token"])
    return drawing.share_token or ""


def unshare(*, drawing: Drawing) -> None:
    """Withdraws the link. Sharing again creates a new one."""
    Drawing.objects.filter(pk=drawing.pk).update(share_token=None)
    drawing.share_token = None
