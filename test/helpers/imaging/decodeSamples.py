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

warnings.simplefilter('ignore')
# Pillow before GDCM, so that JPEGs are decoded by libjpeg-turbo, whose inverse transform everybody's is measured by.
pydicom.config.pixel_data_handlers = [numpy_handler, rle_handler, pillow_handler, gdcm_handler]

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
    except Exception as error:  # pylint: disable=broad-except
        entry['error'] = f'{type(error).__name__}: {error}'[:200]
    print(json.dumps(entry), flush=True)
