import { BellOutlined, SoundOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useStore } from 'zustand';
import type { AlarmModel } from '../../state/control/alarmModel.ts';
import { useText } from '../../ui/text.ts';

/** [CTL69] While something sounds: two minutes without the sound. The sign stays where it is. */
export function AlarmPause({ model }: { readonly model: AlarmModel }) {
  const { t } = useText();
  const { causes, isPaused } = useStore(model.store);
  if (causes.length === 0) return null;
  if (isPaused) return <span className="ct-hint"><BellOutlined /> {t('probe.alarmPaused')}</span>;
  return <Button icon={<SoundOutlined />} onClick={model.acknowledge} data-testid="alarm-pause">{t('probe.alarmPause')}</Button>;
}
