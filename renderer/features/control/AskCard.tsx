import { Button, Radio } from 'antd';
import { useState } from 'react';
import { CONTROL_MODES, type ControlMode, movesProbe } from '#shared/control/modes';
import type { ConsoleModel, ConsoleState } from '../../state/control/consoleModel.ts';
import { useText } from '../../ui/text.ts';

/** Without a lease: which mode to ask for. Practice comes before the first that moves the probe. */
export function AskCard({ model, state, onWarmUp }: { readonly model: ConsoleModel; readonly state: ConsoleState; readonly onWarmUp: () => void }) {
  const { t } = useText();
  const [mode, setMode] = useState<ControlMode>('full');
  const isAsking = state.operator.phase === 'asking';
  const needsWarmUp = movesProbe(mode) && !state.isWarmedUp;
  return (
    <section className="ct-card ct-ask">
      <h2>{t('probe.askTitle')}</h2>
      <Radio.Group className="ct-modes" value={mode} disabled={isAsking} onChange={(event) => setMode(event.target.value as ControlMode /* the values below are modes */)}>
        {CONTROL_MODES.map((one) => (
          <Radio key={one} value={one} data-testid={`mode-${one}`}>
            <strong>{t(`probe.mode.${one}`)}</strong>
            <small>{t(`probe.modeHint.${one}`)}</small>
          </Radio>
        ))}
      </Radio.Group>
      {needsWarmUp && <p className="ct-hint">{t('probe.warmUpNeeded')}</p>}
      <div className="ct-ask-actions">
        {isAsking ? (
          <Button size="large" block onClick={model.unask} data-testid="unask">{t('probe.unask')}</Button>
        ) : needsWarmUp ? (
          <Button size="large" type="primary" block onClick={onWarmUp} data-testid="warm-up">{t('probe.warmUp')}</Button>
        ) : (
          <Button size="large" type="primary" block loading={state.isWorking} disabled={state.status === null} onClick={() => void model.ask(mode)} data-testid="ask">{t('probe.ask')}</Button>
        )}
      </div>
    </section>
  );
}
