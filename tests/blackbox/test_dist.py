# SPDX-License-Identifier: Apache-2.0
"""A release tarball builds without node: it carries the dashboard as it was built."""
import os
import pathlib
import subprocess
import tarfile

import pytest
from conftest import BUILD

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(*words, status=0, **more):
    result = subprocess.run(list(map(str, words)), text=True, errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, timeout=300, check=False, **more)
    assert result.returncode == status, result.stdout
    return result.stdout


@pytest.fixture
def without_node(tmp_path):
    """A PATH with everything but node and npm."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for folder in os.environ["PATH"].split(":"):
        for path in pathlib.Path(folder).glob("*") if folder else []:
            if path.name not in ("node", "nodejs", "npm", "npx") and not (programs / path.name).exists():
                (programs / path.name).symlink_to(path)
    return dict(os.environ, PATH=str(programs))


def test_a_tarball_builds_its_dashboard_without_node(tmp_path, without_node):
    table = BUILD / "ui" / "assets_table.c"
    if not table.exists():
        pytest.skip("this build has no dashboard: npm is not installed")
    if run("git", "-C", ROOT, "status", "--porcelain", "--", "ui"):
        pytest.skip("ui/ has changes that are not committed, and a tarball is of what is")
    run("meson", "dist", "-C", BUILD, "--no-tests", "--formats", "gztar", "--allow-dirty")
    tarball, = (BUILD / "meson-dist").glob("*.tar.gz")
    with tarfile.open(tarball) as tar:
        tar.extractall(tmp_path / "source")
    tarball.unlink()
    source, = (tmp_path / "source").iterdir()
    assert not (source / "ui" / "node_modules").exists()
    said = run("meson", "setup", tmp_path / "build", source, "-Dtests=false", "-Dman=false", env=without_node)
    assert "dashboard: prebuilt" in said and "npm found: NO" in said
    run("ninja", "-C", tmp_path / "build", "ui/assets_table.c", env=without_node)
    assert (tmp_path / "build" / "ui" / "assets_table.c").read_bytes() == table.read_bytes()

    # With npm there it is still taken as it came, and nothing is fetched; until a source is changed.
    assert "dashboard: prebuilt" in run("meson", "setup", tmp_path / "with-npm", source, "-Dtests=false", "-Dman=false")
    (source / "ui" / "src" / "changed.ts").write_text("export {};\n")
    assert "dashboard: enabled" in run("meson", "setup", "--reconfigure", tmp_path / "with-npm", source)
    assert "dashboard: prebuilt" in run("meson", "setup", "--reconfigure", tmp_path / "build", source, env=without_node)


def test_without_a_dashboard_the_page_says_so(tmp_path, without_node):
    said = run("meson", "setup", tmp_path / "build", ROOT, "-Dtests=false", "-Dman=false", "-Dui_dist=nowhere", env=without_node)
    assert "built without the dashboard" in said
    said = run("meson", "setup", tmp_path / "wanted", ROOT, "-Dtests=false", "-Dman=false", "-Dui=enabled", env=without_node, status=1)
    assert "npm" in said
