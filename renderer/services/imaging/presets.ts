import type { VoiWindow } from '#shared/domain/imaging/presentation';

/** Windows that radiologists know by name; HU. The key is the digit that chooses it. */
export interface WindowPreset extends VoiWindow {
  readonly name: 'brain' | 'subdural' | 'stroke' | 'lung' | 'mediastinum' | 'abdomen' | 'liver' | 'bone' | 'angio';
  readonly key: string;
}

const CT: readonly WindowPreset[] = [
  { name: 'abdomen', key: '1', center: 40, width: 400 },
  { name: 'lung', key: '2', center: -600, width: 1500 },
  { name: 'mediastinum', key: '3', center: 40, width: 350 },
  { name: 'bone', key: '4', center: 480, width: 2500 },
  { name: 'brain', key: '5', center: 40, width: 80 },
  { name: 'stroke', key: '6', center: 32, width: 8 },
  { name: 'subdural', key: '7', center: 75, width: 215 },
  { name: 'liver', key: '8', center: 60, width: 160 },
  { name: 'angio', key: '9', center: 300, width: 600 },
];

/** Of other modalities the numbers have no common meaning: the file's own window is the only preset. */
export const presetsOf = (modality: string): readonly WindowPreset[] => (modality === 'CT' ? CT : []);
