"""A model folder: the same answers after loading, without Spark, row by row or all at once."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from segmentation.errors import ModelError
from segmentation.models import fitted
from tests.models.planted import fitted_model, raw_rows

METHODS = ("ward", "mixture", "communities")
WITHOUT_SPARK = """
import importlib.abc, json, sys
class NoSpark(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pyspark", "py4j", "mlflow", "graphframes", "delta"):
            raise ImportError(f"{name} is not here")
sys.meta_path.insert(0, NoSpark())
from pathlib import Path
import numpy as np
from segmentation.models.served import ServedModel
from segmentation.models.fitted import load
model = load(Path(sys.argv[1]))
rows = np.load(sys.argv[2])
print(json.dumps(model.predict(rows).cluster.tolist()))
"""


@pytest.mark.parametrize("method", METHODS)
def test_a_saved_model_scores_in_a_process_without_spark(method: str, tmp_path: Path):
    model, (values, _, _) = fitted_model(method), raw_rows()
    model.save(tmp_path / "model")
    np.save(tmp_path / "rows.npy", values)

    command = [sys.executable, "-c", WITHOUT_SPARK, str(tmp_path / "model"), str(tmp_path / "rows.npy")]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])

    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == model.predict(values).cluster.tolist()


@pytest.mark.parametrize("method", METHODS)
def test_one_row_alone_gets_what_it_gets_among_all(method: str):
    model, (values, _, keys) = fitted_model(method), raw_rows()

    together = model.predict(values, np.array(keys))
    alone = [model.predict(values[[row]], np.array([keys[row]])) for row in range(len(values))]

    assert [one.cluster[0] for one in alone] == together.cluster.tolist()
    assert [one.is_outlier[0] for one in alone] == together.is_outlier.tolist()
    assert [one.assigned_by[0] for one in alone] == together.assigned_by.tolist()
    np.testing.assert_allclose([one.margin[0] for one in alone], together.margin, atol=1e-9)


def test_everything_told_of_a_fit_is_kept(tmp_path: Path):
    model = fitted_model("mixture")
    model.save(tmp_path)

    again = fitted.load(tmp_path)

    assert again.report == model.report
    assert again.settings == model.settings
    assert (again.vertical, again.model_version, again.fitted_as_of) == (
        "plan",
        "version-of-mixture",
        model.fitted_as_of,
    )
    assert again.preparation.to_dict() == model.preparation.to_dict()
    assert fitted_model("mixture").predict_baseline(raw_rows()[0]).cluster.tolist() == (
        again.predict_baseline(raw_rows()[0]).cluster.tolist()
    )


def test_no_model_and_one_of_another_layout_are_told_apart(tmp_path: Path):
    with pytest.raises(ModelError, match="no model in this folder"):
        fitted.load(tmp_path)

    (tmp_path / "model.json").write_text(json.dumps({"format": 99}), encoding="utf-8")
    with pytest.raises(ModelError, match="another layout"):
        fitted.load(tmp_path)


def test_a_save_that_is_killed_leaves_the_model_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    model = fitted_model("ward")
    model.save(tmp_path)

    def write_half(file, **_):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", write_half)
    with pytest.raises(KeyboardInterrupt):
        model.save(tmp_path)

    values = raw_rows()[0]
    assert fitted.load(tmp_path).predict(values).cluster.tolist() == model.predict(values).cluster.tolist()
