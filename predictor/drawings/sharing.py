"""Links that show one drawing to anyone who has them, until the owner withdraws them."""

import secrets

from predictor.models import Drawing

TOKEN_BYTES = 32


def share(*, drawing: Drawing) -> str:
    """The token of the drawing's link; makes one if there is none."""
    unshared = Drawing.objects.filter(pk=drawing.pk, share_token=None)
    unshared.update(share_token=secrets.token_urlsafe(TOKEN_BYTES))
    drawing.refresh_from_db(fields=["share_token"])
    return drawing.share_token or ""


def unshare(*, drawing: Drawing) -> None:
    """Withdraws the link. Sharing again makes another one."""
    Drawing.objects.filter(pk=drawing.pk).update(share_token=None)
    drawing.share_token = None
