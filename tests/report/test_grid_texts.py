"""What is said of the joint grid and of the warm-up follows from the numbers, whatever they are."""

import pandas as pd
import pytest

from asc_lib.report import grid_texts


def joint(losses: dict[tuple[float, float], float]) -> pd.DataFrame:
    rows = [(*point, loss, 1) for point, loss in losses.items()]
    return pd.DataFrame(rows, columns=["alpha", "lambda_icl", "log_loss", "seeds"])


def test_the_joint_grid_says_whether_alpha_hangs_on_lambda():
    crossed = {(0.0, 1.0): 1.6, (0.0, 10.0): 1.7, (0.2, 1.0): 1.5, (0.2, 10.0): 1.9}
    said = grid_texts.joint(joint(crossed), 10.0)
    assert "lowest at alpha 0.2 and lambda 1 (1.50 nats)" in said
    assert "hangs on lambda: 0.2 at lambda 1, 0 at lambda 10" in said
    # means over the alphas: 1.55 and 1.80; over the lambdas: 1.65 and 1.70
    assert "changes by up to 0.25 nats" in said and "by up to 0.05" in said
    assert "at lambda 10 alone" in said and "1 seed(s)" in said
    same = crossed | {(0.2, 10.0): 1.65}
    assert "At every lambda the best alpha is 0.2" in grid_texts.joint(joint(same), 10.0)


def draws(loss: float, error: float) -> pd.DataFrame:
    return pd.DataFrame({"log_loss": [loss, loss - error, loss + error]})


SEARCHED = {1.0: draws(1.66, 0.1), 6.0: draws(1.72, 0.1)}


@pytest.mark.parametrize(
    ("warm", "said", "of_alpha"),
    [
        (1.65, "part of what a high lambda costs is due to its first steps", "might move them"),
        (2.1, "makes it worse", "not have made"),
        (1.855, "do not show that the warm-up pays", "stays open"),
    ],
)
def test_a_warmup_pays_or_not_by_its_paired_interval(warm, said, of_alpha):
    # the draws of both go up and down together, but not quite
    either = {0: draws(1.86, 0.1), 300: draws(warm, 0.11)}
    text = grid_texts.warmup(either, SEARCHED, (0.2, 10.0), is_alphas=True)
    assert said in text and of_alpha in text
    assert "1.86 nats without warm-up" in text and f"{warm:.2f} with 300 steps" in text
    assert f"{warm - 1.86:+.2f} [" in text
    nearest = "1 comes nearest to that (1.66)" if warm == 1.65 else "6 comes nearest"
    assert nearest in text
    other = grid_texts.warmup(either, SEARCHED, (0.2, 10.0), is_alphas=False)
    assert "alpha come from" not in other and other.endswith(".")
