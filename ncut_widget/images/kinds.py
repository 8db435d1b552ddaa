"""Kinds of files that neither Pillow nor tifffile reads, and what to do instead."""

from __future__ import annotations

import re

HEAD = 256
"""First bytes of a file, by which its kind is recognised."""

_HEIF = rb"....ftyp(heic|heix|heim|heis|hevc|hevx|mif1|msf1)"

KINDS = (
    (
        _HEIF,
        "a HEIC file",
        "install pillow-heif and call pillow_heif.register_heif_opener() first",
    ),
    (rb"....ftypavi[fs]", "an AVIF file", "install pillow-avif-plugin, or Pillow 11.3"),
    (
        rb"\xff\x0a|\0\0\0\x0cJXL ",
        "a JPEG XL file",
        "install pillow-jxl-plugin and import pillow_jxl first",
    ),
    (
        rb"....ftyp|RIFF....AVI |\x1aE\xdf\xa3",
        "a video",
        "give its frames, as imageio.v3.imread(path, plugin='pyav')",
    ),
    (rb"\x93NUMPY", "a file of NumPy's", "give np.load(path)"),
    (rb".{128}DICM", "a DICOM file", "give pydicom.dcmread(path).pixel_array"),
    (rb"\x89HDF\r\n", "an HDF5 file", "read the image with h5py, and give the array"),
    (rb"%PDF", "a PDF file", "draw its pages first, as with pdf2image"),
    (
        rb"\s*(<\?xml[^>]*>\s*)?(<!.*)?<svg",
        "an SVG file",
        "draw it first, as with cairosvg",
    ),
    (rb"PK\x03\x04", "a zip file", "unpack it first, and give the files"),
    (rb"ZISRAWFILE", "a CZI file", "give the array that czifile.imread(path) reads"),
    (rb"\xda\xce\xbe\x0a", "an ND2 file", "give the array that nd2.imread(path) reads"),
)
"""Pattern of the first bytes, kind of file, and what to do."""


def way_out(head: bytes) -> str | None:
    """Say what an unreadable file is, and what to do; None if the kind is unknown.

    Examples
    --------
    >>> way_out(b"%PDF-1.7")
    'a PDF file, which is not read: draw its pages first, as with pdf2image'
    """
    for begins, kind, advice in KINDS:
        if re.match(begins, head[:HEAD], re.DOTALL):
            return f"{kind}, which is not read: {advice}"
    return None
