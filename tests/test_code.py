import subprocess
import sys
import zipfile
from pathlib import Path

from segmentation import code

ROOT = Path(__file__).parent.parent
WHERE_IT_LIES = """
from segmentation import code
with code.in_folder() as folder:
    print(folder.name, (folder / "models/served.py").is_file())
"""
ASK = "import segmentation; from segmentation import code; print(segmentation.__file__, code.version())"


def zipped(folder: Path, target: Path, changed: str = "") -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for source in sorted(folder.rglob("*.py")):
            text = source.read_text() + (changed if source.name == "runs.py" else "")
            archive.writestr(str(source.relative_to(folder.parent)), text)
    return target


def asked(path: Path, folder: Path, question: str = ASK) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", question],
        cwd=folder,
        env={"PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_code_in_a_zip_is_the_same_version_as_in_a_folder(tmp_path):
    package = zipped(ROOT / "segmentation", tmp_path / "segmentation.zip")

    place, version = asked(package, tmp_path)

    assert place.startswith(str(package))
    assert version == code.version()


def test_code_in_a_zip_can_be_handed_on_as_a_folder(tmp_path):
    package = zipped(ROOT / "segmentation", tmp_path / "segmentation.zip")

    assert asked(package, tmp_path, WHERE_IT_LIES) == ["segmentation", "True"]


def test_a_changed_source_is_another_version(tmp_path):
    package = zipped(ROOT / "segmentation", tmp_path / "segmentation.zip", changed="# one line more\n")

    assert asked(package, tmp_path)[1] != code.version()
