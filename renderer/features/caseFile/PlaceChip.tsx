import { CheckCircleOutlined, ClockCircleOutlined, CloudUploadOutlined, ExclamationCircleOutlined, SwapOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import type { ChangePlace } from '../../services/cases/caseView.ts';
import { Chip, type Tone } from '../../ui/parts/Chip.tsx';
import { useText } from '../../ui/text.ts';

const LOOKS: Readonly<Record<ChangePlace, { readonly tone: Tone; readonly icon: ReactNode }>> = {
  onlyHere: { tone: 'caution', icon: <ClockCircleOutlined /> },
  sending: { tone: 'primary', icon: <CloudUploadOutlined /> },
  held: { tone: 'good', icon: <CheckCircleOutlined /> },
  conflict: { tone: 'caution', icon: <SwapOutlined /> },
  refused: { tone: 'bad', icon: <ExclamationCircleOutlined /> },
};

/** Where a change is, by icon and word [OFF4]. Nothing is shown for what is all with the server. */
export function PlaceChip({ place }: { readonly place: ChangePlace | null }) {
  const { t } = useText();
  if (place === null) return null;
  const { tone, icon } = LOOKS[place];
  return (
    <Chip tone={tone} icon={icon} title={t(`placeHelp.${place}`)}>
      {t(`place.${place}`)}
    </Chip>
  );
}
