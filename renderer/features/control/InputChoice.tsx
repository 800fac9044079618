import { Segmented, Select } from 'antd';
import { INPUT_KINDS } from '../../services/control/inputs/deadMan.ts';
import type { HandPort } from '../../state/control/controlPorts.ts';
import { useText } from '../../ui/text.ts';

const SCALES = [[1, '1:1'], [0.5, '1:2'], [0.2, '1:5'], [0.1, '1:10']] as const;

/** The list keeps the focus otherwise, and the keys would be letters for its search. */
function leaveList(): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

/** With what, how finely, and with which force; what the chosen device's parts do, in a line. */
export function InputChoice({ hand, maxForceN, onScale, onForce }: { readonly hand: HandPort; readonly maxForceN: number; readonly onScale: (scale: number) => void; readonly onForce: (forceN: number) => void }) {
  const { t } = useText();
  const { chosen, found, isHeld, scale, forceN } = hand.view;
  const options = INPUT_KINDS.map((kind) => {
    const device = found.find((one) => one.kind === kind);
    const isMissing = (kind === 'gamepad' || kind === 'mouse3d') && device === undefined;
    return { value: kind, label: isMissing ? t('probe.inputMissing', { name: t(`probe.input.${kind}`) }) : t(`probe.input.${kind}`), disabled: isMissing };
  });
  const forces = [0, 2, 4, 6, 8, 10].filter((force) => force <= maxForceN).map((force) => ({ value: force, label: force === 0 ? t('probe.forceFree') : `${force} N` }));
  return (
    <section className="ct-input" aria-label={t('probe.inputTitle')}>
      <div className="ct-input-row">
        <Select aria-label={t('probe.inputTitle')} value={chosen} options={options} disabled={isHeld} onChange={(kind) => {
          hand.choose(kind);
          leaveList();
        }} popupMatchSelectWidth={false} className="hz-grow" data-testid="input-kind" />
        <Select aria-label={t('probe.pressWith')} value={forceN} options={forces} onChange={onForce} popupMatchSelectWidth={false} className="ct-force-choice" />
      </div>
      <div className="ct-input-row">
        <span className="hz-muted">{t('probe.scale')}</span>
        <Segmented block className="hz-grow" value={scale} disabled={isHeld} options={SCALES.map(([value, label]) => ({ value, label }))} onChange={onScale} />
      </div>
      {chosen !== 'pads' && <p className="ct-hint">{t(`probe.inputHint.${chosen}`)}</p>}
    </section>
  );
}
