import { CheckCircleOutlined, ClockCircleOutlined, CloseCircleOutlined, VideoCameraFilled } from '@ant-design/icons';
import type { ConsultState } from '#shared/domain/consult';
import { assertNever } from '#shared/lib/assert';
import { useText } from '../text.ts';
import { Chip } from './Chip.tsx';

/** A consultation's state on the day. */
export function StateChip({ state }: { readonly state: ConsultState }) {
  const { t } = useText();
  switch (state) {
    case 'scheduled':
      return <Chip icon={<ClockCircleOutlined />}>{t('state.scheduled')}</Chip>;
    case 'inSession':
      return <Chip tone="good" icon={<VideoCameraFilled />}>{t('state.inSession')}</Chip>;
    case 'ended':
      return <Chip icon={<CheckCircleOutlined />}>{t('state.ended')}</Chip>;
    case 'cancelled':
      return <Chip icon={<CloseCircleOutlined />}>{t('state.cancelled')}</Chip>;
    default:
      return assertNever(state);
  }
}
