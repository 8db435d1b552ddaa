"""Images of all forms that notebooks use -> uint8 RGB.

`batch` holds many images and reads them when they are needed; `sources` recognises
images, `files` reads encoded ones (`tiff` those that Pillow reads wrongly, `metadata`
their orientation), `values` converts numbers to pixels, `names` names images, `looks`
chooses what clicks on them first mean. Nothing here knows of features or of the page.
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
