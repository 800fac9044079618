import { Button, Checkbox } from 'antd';
import { useState } from 'react';
import type { ControlStatus } from '#shared/control/status';
import { type BedsideModel, type Check, checksFor } from '../../state/control/bedsideModel.ts';
import { useText } from '../../ui/text.ts';

/** [CTL70] Somebody asks to steer: who, how much, and what has to be seen to before it is given. */
export function GrantCard({ model, asking, hasConsent, isWorking }: { readonly model: BedsideModel; readonly asking: ControlStatus['asking'][number]; readonly hasConsent: boolean; readonly isWorking: boolean }) {
  const { t } = useText();
  const [checked, setChecked] = useState<readonly Check[]>([]);
  const needed = checksFor(asking.mode, hasConsent);
  const isReady = needed.every((check) => checked.includes(check));
  return (
    <section className="ct-grant" aria-label={t('probe.asks', { name: asking.name })} data-testid="grant-card">
      <h2>{t('probe.asks', { name: asking.name })}</h2>
      <p><strong>{t(`probe.mode.${asking.mode}`)}</strong> · {t(`probe.grantHint.${asking.mode}`)}</p>
      <ul>
        {needed.map((check) => (
          <li key={check}>
            <Checkbox checked={checked.includes(check)} onChange={(event) => setChecked(event.target.checked ? [...checked, check] : checked.filter((one) => one !== check))} data-testid={`check-${check}`}>
              {t(`probe.check.${check}`)}
            </Checkbox>
          </li>
        ))}
      </ul>
      <div className="ct-grant-actions">
        <Button size="large" onClick={() => void model.decline(asking.by)} data-testid="decline">{t('probe.decline')}</Button>
        <Button size="large" type="primary" disabled={!isReady} loading={isWorking} onClick={() => void model.grant(asking.by, asking.mode, checked)} data-testid="grant">{t('probe.grant')}</Button>
      </div>
      {!isReady && <p className="hz-muted">{t('probe.tickFirst')}</p>}
    </section>
  );
}
