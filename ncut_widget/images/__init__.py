"""Images in whatever form a notebook has them -> uint8 RGB.

`batch` holds many and reads them when they are wanted; `sources` tells what is an
image, `files` reads one that is encoded (`tiff` what Pillow reads wrongly, `metadata`
the little of a file's metadata that matters), `values` makes pixels of numbers, `names`
tells what images are called. Nothing here knows of features or of the page.
"""

from ncut_widget.images.batch import Errors, Images, load_images, read_ahead
from ncut_widget.images.values import FLOAT_TOLERANCE, RGBImage

__all__ = [
    "FLOAT_TOLERANCE",
    "Errors",
    "Images",
    "RGBImage",
    "load_images",
    "read_ahead",
]
