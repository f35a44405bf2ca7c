"""A wheel, installed where there is no checkout, brings its templates."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = """
import xlconv, pathlib
from xlconv.importers.gallery import template_gallery
from xlconv.importers.template import template_folder, template_names
home = pathlib.Path(xlconv.__file__).parent
assert template_folder().is_relative_to(home), template_folder()
for name in template_names():
    template = xlconv.load_template(name)
    assert len(template_gallery(template.about, template.network, template.image)) > 5
    if name in ("lesson3", "edges"):  # trained weights, and fixed kernels
        xlconv.build(f"{name}.xlsx", template, template.image)
        assert xlconv.verify(f"{name}.xlsx").verdict == "agrees"
        xlconv.render(f"{name}.xlsx")
print(home, *template_names())
"""


def test_wheel_works_away_from_the_checkout(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(tmp_path)]
    subprocess.run([*command, str(ROOT)], check=True, timeout=180, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(site)
    assert any(name.endswith("licenses/NOTICE") for name in names)
    assert not any(name.startswith(("tests/", "benchmarks/")) for name in names)
    # The wheel's folder stands first on the path, before the checkout's editable install.
    code = f"import sys; sys.path.insert(0, {str(site)!r})\n{PROGRAM}"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(str(site))
    assert "lesson3" in result.stdout
