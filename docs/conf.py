"""How Sphinx builds these pages: `python -m sphinx -W --keep-going docs build/site`."""

import sys
import tomllib
from pathlib import Path

DOCS = Path(__file__).parent
ROOT = DOCS.parent
BUILD = ROOT / "build"
sys.path[:0] = [str(ROOT), str(DOCS / "_ext")]

import fresh
from showing import ChartScraper, prepare_notebooks

project = "opinionframe"
author = "The opinionframe developers"
copyright = f"2026, {author}"  # noqa: A001  Sphinx reads this name
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
    "myst_nb",
    "api",
    "docstrings",
    "study_keys",
    "frames",
    "fresh",
    "llms",
]
templates_path = ["_templates"]
default_role = "code"
smartquotes = False  # quotes in messages are code
exclude_patterns = ["gallery/**", "examples/**/*.ipynb", "examples/**/*.py", "examples/**/*.json", "guides/*.py"]
nitpicky = True
nitpick_ignore = [
    ("py:class", "opinionframe.schemas.lazy.Frame"),  # a DataFrame or a LazyFrame
    ("py:class", "opinionframe.tables.document.LatexOptions"),  # the arguments of as_latex
]
nitpick_ignore_regex = [("py:.*", r"(?!opinionframe\b).*")]  # other packages' pages are not at hand without a network
suppress_warnings = [
    "config.cache",  # the gallery's scraper cannot be pickled
]

# Docstrings.
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_default_options = {"show-inheritance": True}
napoleon_numpy_docstring = False
napoleon_use_ivar = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
add_module_names = False
toc_object_entries_show_parents = "hide"

# Pages with code, executed once, and again when their code or the package changes.
package_state = fresh.package_state(ROOT / "opinionframe")
myst_enable_extensions = ["colon_fence", "deflist", "attrs_inline"]
myst_heading_anchors = 3
nb_execution_mode = "cache"
nb_execution_cache_path = fresh.kept_notebooks(BUILD, package_state, DOCS / "examples")
nb_execution_timeout = 300
nb_execution_show_tb = True
nb_execution_excludepatterns = ["examples/**"]
nb_merge_streams = True
nb_execution_in_temp = True
prepare_notebooks(BUILD / "ipython", ROOT)

# The gallery: scripts in docs/gallery, pages in docs/examples (ignored by git).
SECTIONS = ("surveys", "models", "tables", "figures", "calibration", "tests", "people", "sharing", "paper")
sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "examples",
    "filename_pattern": r"\.py$",
    "ignore_pattern": r"__init__\.py",
    "image_scrapers": (ChartScraper(),),
    "capture_repr": ("_repr_html_", "__repr__"),
    "ignore_repr_types": r"altair|opinionframe\.figures",  # drawn instead
    "abort_on_example_error": False,
    "only_warn_on_example_error": False,
    "download_all_examples": False,
    "show_memory": False,
    "write_computation_times": False,
    "show_signature": False,
    "min_reported_time": 10_000,
    "remove_config_comments": True,
    "reset_modules": (),
    "plot_gallery": True,
    "thumbnail_size": (640, 448),
    "nested_sections": True,
    "subsection_order": [f"gallery/{section}" for section in SECTIONS],
}

# The pages.
html_theme = "pydata_sphinx_theme"
html_title = f"opinionframe {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_favicon = "_static/favicon.svg"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "opinionframe"},
    "navbar_align": "left",
    "navbar_end": ["release", "theme-switcher"],
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
html_context = {"default_mode": "auto"}
html_sidebars = {"index": [], "changelog": []}
