"""An evaluation as lines in a terminal."""

from typing import Any

from ml.evaluation.targets import outside

HEADER = (
    f"{'':<48} {'version':>7}  {'right':>7}  {'95% interval':<16} {'':>14}  {'to plain':>8}  {'sure':>6}"
    f"  {'% right of it':>13}  {'ECE':>6}  {'by chance':>9}"
)


def lines(entry: dict[str, Any]) -> list[str]:
    """One line per version, and one more for each version compared with the first."""
    made = []
    for index, found in enumerate(entry["versions"]):
        name = entry["set"] if not index else ""
        interval = f"[{100 * found['low']:.2f}, {100 * found['high']:.2f}]"
        counted = f"{found['right']} of {found['count']}"
        fall = f"{100 * found['difference']:+.2f}" if "difference" in found else ""
        among = f"{100 * found['right_among_sure']:.2f}" if found["sure_count"] else "–"
        beyond = "  outside" if "difference" in found and outside(entry, index) else ""
        made.append(
            f"{name:<48} {found['version']:>7}  {100 * found['share']:6.2f}%  {interval:<16} {counted:>14}"
            f"  {fall:>8}  {100 * found['sure']:5.1f}%  {among:>13}  {100 * found['calibration_error']:5.2f}%"
            f"  {100 * found['calibration_error_by_chance']:8.2f}%{beyond}"
        )
        if "against_the_first" in found:
            paired = found["against_the_first"]
            made.append(
                f"{'':<48} {'':>7}  {paired['gained']} gained, {paired['lost']} lost against the first"
                f" (p = {paired['p_two_sided']:.3f})"
            )
    return made
