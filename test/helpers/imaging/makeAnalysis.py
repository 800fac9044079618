"""Writes what an analysis service outside would: two CT studies of one patient, segmentations of them, and reports, by pydicom.

Nothing of the project's own is used, so that reading them shows more than that it agrees with itself. Writes the files into OUT and
prints one JSON object: for each file its name and kind, for each segmentation the volumes (ml) that its voxels have.
"""
import json
import os
import sys

import numpy
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

OUT = sys.argv[1]
ROOT = '1.2.826.0.1.3680043.10.1554.' + (sys.argv[2] if len(sys.argv) > 2 else '1')
# Rows and columns whose product is no multiple of eight: frames of one bit then begin within bytes.
ROWS, COLUMNS, SLICES = 37, 45, 20
ROW_MM, COLUMN_MM, SLICE_MM = 1.5, 1.25, 3.0
ORIGIN = (-20.0, -30.0, 100.0)
CT, SEG, SR, CAD = '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.5.1.4.1.1.66.4', '1.2.840.10008.5.1.4.1.1.88.33', '1.2.840.10008.5.1.4.1.1.88.65'
LABELMAP = '1.2.840.10008.5.1.4.1.1.66.7'

rows, columns, slices = numpy.meshgrid(numpy.arange(ROWS), numpy.arange(COLUMNS), numpy.arange(SLICES), indexing='ij')
x, y, z = columns * COLUMN_MM, rows * ROW_MM, slices * SLICE_MM


def sphere(radius, middle=(30.0, 27.0, 30.0)):
    return (x - middle[0]) ** 2 + (y - middle[1]) ** 2 + (z - middle[2]) ** 2 < radius ** 2


BOX = (columns >= 5) & (columns < 25) & (rows >= 8) & (rows < 22) & (slices >= 4) & (slices < 12)


def code(value, scheme, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def start(sop_class, uid, study, series, modality, syntax=ExplicitVRLittleEndian):
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID, ds.file_meta.TransferSyntaxUID = sop_class, uid, syntax
    ds.is_little_endian, ds.is_implicit_VR = True, False
    ds.SpecificCharacterSet = 'ISO_IR 192'
    ds.SOPClassUID, ds.SOPInstanceUID = sop_class, uid
    ds.StudyInstanceUID, ds.SeriesInstanceUID = f'{ROOT}.{study}', f'{ROOT}.{study}.{series}'
    ds.Modality, ds.SeriesNumber, ds.InstanceNumber = modality, series, 1
    ds.PatientName, ds.PatientID, ds.PatientBirthDate, ds.PatientSex = 'TEST^ANALYSIS', 'A-1', '19600101', 'O'
    ds.StudyDate, ds.StudyTime = ('20261120', '090000') if study == 1 else ('20260801', '100000')
    ds.StudyID, ds.AccessionNumber, ds.ReferringPhysicianName = str(study), '', ''
    ds.StudyDescription = 'Follow-up' if study == 1 else 'Baseline'
    return ds


def write(ds, name, kind, **more):
    ds.save_as(os.path.join(OUT, name), write_like_original=False)
    return {'name': name, 'kind': kind, **more}


def ct(study, radius):
    tissue = numpy.where(sphere(radius), 60, -800) + numpy.where(BOX, 100, 0)
    for index in range(SLICES):
        ds = start(CT, f'{ROOT}.{study}.1.{index + 1}', study, 1, 'CT')
        ds.SeriesDescription, ds.InstanceNumber = 'Lung 3 mm', index + 1
        ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = f'{ROOT}.{study}.9', ''
        ds.ImagePositionPatient = [ORIGIN[0], ORIGIN[1], ORIGIN[2] + index * SLICE_MM]
        ds.ImageOrientationPatient, ds.PixelSpacing, ds.SliceThickness = [1, 0, 0, 0, 1, 0], [ROW_MM, COLUMN_MM], SLICE_MM
        ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.Rows, ds.Columns = 1, 'MONOCHROME2', ROWS, COLUMNS
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 16, 15, 1
        ds.WindowCenter, ds.WindowWidth, ds.RescaleIntercept, ds.RescaleSlope = -300, 1200, 0, 1
        ds.PixelData = tissue[:, :, index].astype('<i2').tobytes()
        yield write(ds, f'ct{study}-{index:02}.dcm', 'ct')


def segment(number, label, kind_code, made='AUTOMATIC'):
    item = Dataset()
    item.SegmentNumber, item.SegmentLabel, item.SegmentAlgorithmType = number, label, made
    item.SegmentedPropertyCategoryCodeSequence = Sequence([code('49755003', 'SCT', 'Morphologically abnormal structure')])
    item.SegmentedPropertyTypeCodeSequence = Sequence([code(kind_code, 'SCT', label)])
    if made != 'MANUAL':
        item.SegmentAlgorithmName = 'LungFinder'
        algorithm = Dataset()
        algorithm.AlgorithmFamilyCodeSequence = Sequence([code('123110', 'DCM', 'Artificial Intelligence')])
        algorithm.AlgorithmName, algorithm.AlgorithmVersion = 'LungFinder', '2.4.1'
        item.SegmentationAlgorithmIdentificationSequence = Sequence([algorithm])
    return item


def segmentation(name, study, series, masks, kind='BINARY', fractional='PROBABILITY', compress=False, shift=(0.0, 0.0, 0.0), space=None, missing=False, scale=1, said_mm=SLICE_MM, labels=('结节 Nodule', 'Box'), sop_class=SEG):
    """`masks`: of each segment, whole voxels or parts of 255."""
    ds = start(sop_class, f'{ROOT}.{study}.{series}.1', study, series, 'SEG')
    ds.SeriesDescription, ds.ContentLabel, ds.ContentDescription = 'LungFinder result', 'RESULT', 'Nodules'
    ds.Manufacturer, ds.ManufacturerModelName, ds.DeviceSerialNumber, ds.SoftwareVersions = 'Outside Ltd', 'Finder', '7', '2.4.1'
    ds.ContentDate, ds.ContentTime, ds.ContentCreatorName = '20261121', '070000', ''
    ds.ImageType = ['DERIVED', 'PRIMARY']
    ds.FrameOfReferenceUID, ds.PositionReferenceIndicator = space or f'{ROOT}.{study}.9', ''
    ds.SegmentationType = kind
    if kind == 'FRACTIONAL':
        ds.SegmentationFractionalType, ds.MaximumFractionalValue = fractional, 255
    ds.SegmentSequence = Sequence([segment(number + 1, labels[number], ('4147007', '123037004')[number]) for number in range(len(masks))])
    source = lambda index: f'{ROOT}.{study}.1.{index + 1}' + ('.7' if missing else '')
    referenced = Dataset()
    referenced.SeriesInstanceUID = f'{ROOT}.{study}.1'
    referenced.ReferencedInstanceSequence = Sequence([])
    for index in range(SLICES):
        item = Dataset()
        item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CT, source(index)
        referenced.ReferencedInstanceSequence.append(item)
    ds.ReferencedSeriesSequence = Sequence([referenced])
    shared, measures, orientation = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness, measures.SpacingBetweenSlices = [ROW_MM / scale, COLUMN_MM / scale], SLICE_MM, said_mm
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = Sequence([measures]), Sequence([orientation])
    ds.SharedFunctionalGroupsSequence = Sequence([shared])
    frames, groups = [], []
    # From the last slice to the first, and only where something is: as services write them.
    for number, mask in enumerate(masks):
        for index in reversed(range(SLICES)):
            plane = mask[:, :, index]
            if not plane.any():
                continue
            frames.append(numpy.kron(plane, numpy.ones((scale, scale), plane.dtype)))
            group, content, position, identified = Dataset(), Dataset(), Dataset(), Dataset()
            content.DimensionIndexValues = [number + 1, index + 1]
            position.ImagePositionPatient = [ORIGIN[0] + shift[0], ORIGIN[1] + shift[1], ORIGIN[2] + index * SLICE_MM + shift[2]]
            identified.ReferencedSegmentNumber = number + 1
            group.FrameContentSequence, group.PlanePositionSequence, group.SegmentIdentificationSequence = Sequence([content]), Sequence([position]), Sequence([identified])
            groups.append(group)
    ds.PerFrameFunctionalGroupsSequence = Sequence(groups)
    ds.NumberOfFrames, ds.Rows, ds.Columns = len(frames), ROWS * scale, COLUMNS * scale
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.PixelRepresentation, ds.LossyImageCompression = 1, 'MONOCHROME2', 0, '00'
    stacked = numpy.stack(frames)
    if kind == 'BINARY':
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = 1, 1, 0
        packed = numpy.packbits(stacked.astype(numpy.uint8).ravel(), bitorder='little').tobytes()
        ds.PixelData = packed + b'\0' * (len(packed) % 2)
    else:
        ds.BitsAllocated, ds.BitsStored, ds.HighBit = 8, 8, 7
        raw = stacked.astype(numpy.uint8).tobytes()
        ds.PixelData = raw + b'\0' * (len(raw) % 2)
        ds['PixelData'].VR = 'OB'
        if compress:
            ds.compress(RLELossless, encoding_plugin='pydicom')
    voxel = ROW_MM * COLUMN_MM * SLICE_MM / 1000
    of = {'BINARY': lambda m: m.sum(), 'FRACTIONAL': lambda m: (m / 255).sum() if fractional == 'OCCUPANCY' else (m / 255 >= 0.5).sum()}[kind]
    return write(ds, name, 'seg', sopUid=ds.SOPInstanceUID, volumesMl=[float(of(mask)) * voxel for mask in masks])


def item(relation, kind, concept, **values):
    ds = Dataset()
    if relation:
        ds.RelationshipType = relation
    ds.ValueType, ds.ConceptNameCodeSequence = kind, Sequence([concept])
    for name, value in values.items():
        setattr(ds, name, value)
    return ds


def number(concept, value, unit):
    measured = Dataset()
    measured.NumericValue, measured.MeasurementUnitsCodeSequence = value, Sequence([code(unit, 'UCUM', unit)])
    return item('CONTAINS', 'NUM', concept, MeasuredValueSequence=Sequence([measured]))


def report(name, study, series, is_device, sop_class=SR):
    ds = start(sop_class, f'{ROOT}.{study}.{series}.1', study, series, 'SR')
    ds.SeriesDescription = 'Measurements'
    ds.Manufacturer, ds.ManufacturerModelName = ('Outside Ltd', 'Finder') if is_device else ('Reading Room', 'Workstation')
    ds.ContentDate, ds.ContentTime, ds.CompletionFlag, ds.VerificationFlag = '20261121', '070500', 'COMPLETE', 'UNVERIFIED'
    ds.ReferencedPerformedProcedureStepSequence, ds.PerformedProcedureCodeSequence = Sequence([]), Sequence([])
    ds.ValueType, ds.ContinuityOfContent = 'CONTAINER', 'SEPARATE'
    ds.ConceptNameCodeSequence = Sequence([code('126000', 'DCM', 'Imaging Measurement Report')])
    observer = [item('HAS OBS CONTEXT', 'CODE', code('121005', 'DCM', 'Observer Type'), ConceptCodeSequence=Sequence([code('121007', 'DCM', 'Device') if is_device else code('121006', 'DCM', 'Person')]))]
    if is_device:
        observer.append(item('HAS OBS CONTEXT', 'TEXT', code('121013', 'DCM', 'Device Observer Name'), TextValue='Finder 7'))
    else:
        observer.append(item('HAS OBS CONTEXT', 'PNAME', code('121008', 'DCM', 'Person Observer Name'), PersonName='READER^ONE'))
    inner = [number(code('118565006', 'SCT', 'Volume'), '2862.5', 'mm3'), item('CONTAINS', 'TEXT', code('112039', 'DCM', 'Tracking Identifier'), TextValue='结节 1')]
    if is_device:
        inner += [item('HAS CONCEPT MOD', 'TEXT', code('111001', 'DCM', 'Algorithm Name'), TextValue='LungFinder'), item('HAS CONCEPT MOD', 'TEXT', code('111003', 'DCM', 'Algorithm Version'), TextValue='2.4.1')]
    group = item('CONTAINS', 'CONTAINER', code('125007', 'DCM', 'Measurement Group'), ContinuityOfContent='SEPARATE', ContentSequence=Sequence(inner))
    ds.ContentSequence = Sequence(observer + [item('CONTAINS', 'CONTAINER', code('126010', 'DCM', 'Imaging Measurements'), ContinuityOfContent='SEPARATE', ContentSequence=Sequence([group]))])
    return write(ds, name, 'report', sopUid=ds.SOPInstanceUID)


def faded(radius):
    distance = numpy.sqrt((x - 30) ** 2 + (y - 27) ** 2 + (z - 30) ** 2)
    return numpy.clip((radius + 3 - distance) / 6 * 255, 0, 255).astype(numpy.uint8)


whole = [sphere(9), BOX]
written = [
    *ct(1, 9), *ct(2, 7),
    segmentation('binary.dcm', 1, 11, whole),
    segmentation('prior.dcm', 2, 11, [sphere(7)]),
    segmentation('occupancy.dcm', 1, 12, [faded(9)], 'FRACTIONAL', 'OCCUPANCY', labels=('Faded',)),
    segmentation('probability.dcm', 1, 13, [faded(9)], 'FRACTIONAL', compress=True, labels=('Likely',)),
    segmentation('missing.dcm', 1, 21, whole, missing=True),
    segmentation('space.dcm', 1, 22, whole, space=f'{ROOT}.77'),
    segmentation('shifted.dcm', 1, 23, whole, shift=(3 * COLUMN_MM, 0, 0)),
    segmentation('between.dcm', 1, 24, whole, shift=(0, 0, 1.0)),
    segmentation('finer.dcm', 1, 25, whole, scale=2),
    segmentation('distance.dcm', 1, 26, whole, said_mm=5.0),
    segmentation('labelmap.dcm', 1, 27, whole, sop_class=LABELMAP),
    report('device.dcm', 1, 31, True),
    report('cad.dcm', 1, 32, False, CAD),
    report('person.dcm', 1, 33, False),
]
print(json.dumps({'root': ROOT, 'files': written}))
