"""Decodes DICOM files with pydicom, for comparison: what an independent reader sees in them.

Reads paths from standard input, one a line. For each writes one JSON line: the frames' raw values (little endian, samples of a
pixel beside each other) as SHA-256, their layout, and the values themselves into OUT/<number>.bin; or why pydicom cannot.
"""
import hashlib
import json
import os
import sys
import warnings

import numpy
import pydicom
from pydicom.pixel_data_handlers import gdcm_handler, numpy_handler, pillow_handler, rle_handler
from pydicom.pixel_data_handlers.util import apply_color_lut, convert_color_space

warnings.simplefilter('ignore')
# Pillow before GDCM, so that JPEGs are decoded by libjpeg-turbo, whose inverse transform everybody's is measured by.
pydicom.config.pixel_data_handlers = [numpy_handler, rle_handler, pillow_handler, gdcm_handler]


def coloured(dataset, array):
    """Red, green and blue of 8 bits as they are seen, of all frames; None: the picture is grey."""
    photometric = dataset.PhotometricInterpretation
    if photometric == 'PALETTE COLOR':
        seen = apply_color_lut(array, dataset)[..., :3]
        return (seen >> 8).astype('uint8') if seen.dtype.itemsize == 2 else seen.astype('uint8')
    if array.dtype.itemsize != 1 or int(dataset.SamplesPerPixel) != 3:
        return None
    if photometric in ('YBR_FULL', 'YBR_FULL_422'):
        frames = array if array.ndim == 4 else array[None]
        return numpy.stack([convert_color_space(frame, 'YBR_FULL', 'RGB') for frame in frames])
    return array


out = sys.argv[1]
for number, line in enumerate(sys.stdin):
    path = line.rstrip('\n')
    entry = {'path': path}
    try:
        dataset = pydicom.dcmread(path)
        entry['sopUid'] = str(dataset.get('SOPInstanceUID', ''))
        if 'PixelData' in dataset or 'FloatPixelData' in dataset or 'DoubleFloatPixelData' in dataset:
            array = dataset.pixel_array
            entry.update(
                shape=list(array.shape), dtype=str(array.dtype), photometric=str(dataset.PhotometricInterpretation),
                frames=int(dataset.get('NumberOfFrames', 1) or 1), samples=int(dataset.SamplesPerPixel),
            )
            raw = array.astype(array.dtype.newbyteorder('<')).tobytes()
            entry['file'] = os.path.join(out, f'{number}.bin')
            with open(entry['file'], 'wb') as target:
                target.write(raw)
            entry['hash'] = hashlib.sha256(raw).hexdigest()
            colours = coloured(dataset, array)
            if colours is not None:
                entry['colours'] = os.path.join(out, f'{number}.rgb')
                with open(entry['colours'], 'wb') as target:
                    target.write(colours.tobytes())
    except Exception as error:  # pylint: disable=broad-except
        entry['error'] = f'{type(error).__name__}: {error}'[:200]
    print(json.dumps(entry), flush=True)
