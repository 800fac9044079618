import { WarningFilled } from '@ant-design/icons';
import { Button } from 'antd';
import type { StopStanding } from '../../services/control/repeatedStop.ts';
import { useText } from '../../ui/text.ts';
import './stop.css';

/** [CTL93] Plainly: a stop was pressed and nobody has said that it holds. It is sent on until it does, or is taken back. */
export function StopNotice({ standing, isBeside, onTakeBack }: { readonly standing: StopStanding; readonly isBeside: boolean; readonly onTakeBack: () => void }) {
  const { t } = useText();
  if (standing !== 'unconfirmed') return null;
  return (
    <div className="ct-unconfirmed" role="alert" data-testid="stop-unconfirmed">
      <WarningFilled />
      <p className="hz-grow">
        <strong>{t('probe.stopUnconfirmed')}</strong> {t(isBeside ? 'probe.stopUnconfirmedBeside' : 'probe.stopUnconfirmedFar')}
      </p>
      <Button onClick={onTakeBack} data-testid="stop-take-back">{t('probe.stopTakeBack')}</Button>
    </div>
  );
}
