import type { CaseId } from '#shared/domain/ids';
import { AppError } from '#shared/protocol/errors';
import type { PacsStudy } from '#shared/protocol/imaging';
import { matchPatient } from '#shared/domain/imaging/patientMatch';
import type { ImportState } from '../../../renderer/state/imaging/importModel.ts';
import type { RequestPort } from '../../../renderer/state/ports.ts';

/** The patient of the painted studies. */
export const PAINTED_PATIENT = { name: '陈建国', birthDate: '1959-03-08', recordNumber: 'ZY0042' };
const OWN = { name: 'CHEN^JIANGUO=陈^建国', id: 'ZY0042', birthDate: '19590308' };
const OTHER = { name: 'WANG^WU=王^五', id: 'CT-20261119-007', birthDate: '19711204' };

/** An import at its steps, as the screens name them. */
export function importAt(scene: string, caseId: CaseId): Partial<ImportState> {
  const study = (description: string, modality: string, files: number) => ({ studyUid: `1.2.${files}`, modality, date: '20261119', description, files });
  const group = (patient: typeof OWN, files: number, studies: ReturnType<typeof study>[]) => {
    const match = matchPatient(patient, PAINTED_PATIENT);
    return { key: patient.id, patient, match, files, bytes: files * 524_000, studies, isChosen: match.overall === 'same' };
  };
  const left = [{ path: 'DICOMDIR', why: 'directory' as const }, { path: 'AUTORUN.INF', why: 'other' as const }, { path: 'VIEWER/viewer.exe', why: 'other' as const }, { path: 'DICOM/S003/I0107', why: 'unreadable' as const }];
  const review = { caseId, patient: PAINTED_PATIENT, left, groups: [group(OTHER, 2, [study('颈动脉超声', 'US', 2)]), group(OWN, 1284, [study('胸部CT平扫+增强', 'CT', 1268), study('剂量报告', 'SR', 16)])] };
  if (scene === 'fileImport') return { ...review, phase: 'review' };
  if (scene === 'fileImportSending') return { ...review, phase: 'sending', progress: { files: 1284, doneFiles: 517, bytes: 672_816_000, doneBytes: 270_908_000, isPaused: false, isWaiting: true } };
  return {
    ...review, phase: 'done',
    results: [
      { path: 'DICOM/S002/I0044', outcome: { type: 'refused', code: 'imaging.damaged', reason: 'the pixel data are cut off: 311296 bytes of 524288' } }, { path: 'DICOM/S002/I0045', outcome: { type: 'refused', code: 'imaging.otherContent', reason: '' } },
      { path: 'DICOM/S004/I0001', outcome: { type: 'stored', notDisplayable: '12-bit JPEG (process 4), for which there is no decoder that was found right' } },
      ...Array.from({ length: 60 }, (_, index) => ({ path: `DICOM/S001/I${index}`, outcome: index < 20 ? ({ type: 'there' } as const) : ({ type: 'stored', notDisplayable: null } as const) })),
    ],
  };
}

/** An archive with a few examinations. */
export const requestOfArchive = (async (name: string) => {
  const study = (change: Partial<PacsStudy>): PacsStudy => ({ studyUid: '1.2.3', patient: OWN, accession: 'A2026110871', date: '20261108', description: '胸部CT平扫', modalities: ['CT'], instances: 412, linked: 'no', ...change });
  if (name === 'pacs.links') return { isSet: true, links: [{ studyUid: '1.2.9', state: 'loading', code: null, loaded: 224, total: 412, others: [] }, { studyUid: '1.2.826.0.1.3680043.10.1553.2', state: 'loaded', code: 'imaging.otherPatient', loaded: 58, total: 60, others: [{ patient: OTHER, files: 2 }] }] };
  if (name === 'pacs.search' || name === 'pacs.arrivals') return { studies: [study({}), study({ studyUid: '1.2.4', linked: 'here', description: '床旁心脏超声', modalities: ['US'], instances: 6 }), study({ studyUid: '1.2.5', patient: { name: 'WANG^WU=王^五', id: 'XX-9', birthDate: '' }, modalities: ['MR', 'SR'], description: '头颅MR', instances: null })] };
  throw new AppError('network.offline', 'preview');
}) as RequestPort['request']; // answers by name, as the contract has them
