import { CheckOutlined, LoadingOutlined, WarningOutlined } from '@ant-design/icons';
import { Button, Segmented, Slider } from 'antd';
import { useEffect, useState } from 'react';
import { DEPTH_MM, FOCUS_MIN_MM, GAIN_DB, PRESETS, type UltrasoundSettings } from '#shared/control/settings';
import type { ControlStatus } from '#shared/control/status';
import type { OperatorStanding } from '../../state/control/controlPorts.ts';
import { useText } from '../../ui/text.ts';

interface RowProps {
  readonly label: string;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly requested: number;
  readonly applied: number;
  readonly isOff: boolean;
  readonly onChange: (value: number) => void;
}

/** One setting: what was asked for is on the slider, what holds is the number beside it. */
function Row({ label, unit, min, max, step, requested, applied, isOff, onChange }: RowProps) {
  const { t } = useText();
  const [shown, setShown] = useState(requested);
  useEffect(() => setShown(requested), [requested]);
  const isApplied = Math.abs(requested - applied) < step / 2;
  return (
    <div className="ct-setting">
      <span>{label}</span>
      <Slider min={min} max={max} step={step} value={shown} disabled={isOff} onChange={setShown} onChangeComplete={onChange} tooltip={{ open: false }} ariaLabelForHandle={label} />
      <span className="ct-setting-value" data-applied={isApplied}>
        <strong>{shown} {unit}</strong>
        <small>{isApplied ? <><CheckOutlined /> {t('probe.applied')}</> : t('probe.appliedValue', { value: Math.round(applied), unit })}</small>
      </span>
    </div>
  );
}

/** [CTL68] The scanner: asked for and applied apart, presets, freeze. In any mode of the lease. */
export function SettingsPanel({ settings, operator, isOff, onChange }: { readonly settings: ControlStatus['settings']; readonly operator: OperatorStanding; readonly isOff: boolean; readonly onChange: (change: Partial<UltrasoundSettings>) => void }) {
  const { t } = useText();
  const requested = operator.requested ?? settings.applied;
  const { applied } = settings;
  const isWaiting = operator.requested !== null && !operator.isAnswered;
  return (
    <section className="ct-settings" aria-label={t('probe.settings')}>
      <div className="ct-presets">
        <Segmented block size="small" value={requested.preset} disabled={isOff} options={PRESETS.map((preset) => ({ value: preset, label: t(`probe.preset.${preset}`) }))} onChange={(preset) => onChange({ preset })} />
      </div>
      <Row label={t('probe.gain')} unit="dB" {...GAIN_DB} step={1} requested={requested.gainDb} applied={applied.gainDb} isOff={isOff} onChange={(gainDb) => onChange({ gainDb })} />
      <Row label={t('probe.depth')} unit="mm" {...DEPTH_MM} step={5} requested={requested.depthMm} applied={applied.depthMm} isOff={isOff} onChange={(depthMm) => onChange({ depthMm })} />
      <Row label={t('probe.focus')} unit="mm" min={FOCUS_MIN_MM} max={Math.max(FOCUS_MIN_MM + 5, requested.depthMm)} step={5} requested={requested.focusMm} applied={applied.focusMm} isOff={isOff} onChange={(focusMm) => onChange({ focusMm })} />
      <div className="ct-settings-foot">
        <span role="status">
          {isWaiting ? <><LoadingOutlined /> {t('probe.settingsSent')}</> : settings.refusal !== null && operator.requested !== null ? <em><WarningOutlined /> {t(`probe.refusal.${settings.refusal}`)}</em> : null}
        </span>
        <Button disabled={isOff} aria-pressed={requested.isFrozen} type={requested.isFrozen ? 'primary' : 'default'} onClick={() => onChange({ isFrozen: !requested.isFrozen })} data-testid="freeze">
          {requested.isFrozen ? t('probe.unfreeze') : t('probe.freeze')}
        </Button>
      </div>
    </section>
  );
}
