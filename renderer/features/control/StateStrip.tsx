import { CheckCircleFilled, ExclamationCircleFilled, InfoCircleFilled, StopFilled, SwapOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import type { StateLine } from '../../state/control/stateLine.ts';
import type { Turning } from '../../state/control/liveView.ts';
import { type Translate, useText } from '../../ui/text.ts';
import { CueArrow } from './CueArrow.tsx';

const ICONS: Readonly<Record<StateLine['tone'], ReactNode>> = { quiet: <InfoCircleFilled />, good: <CheckCircleFilled />, caution: <ExclamationCircleFilled />, bad: <StopFilled />, moving: <SwapOutlined /> };

/** What happened before what is waited for; empty when nothing did. */
function because({ what, reason }: StateLine, t: Translate): string {
  if (reason === undefined) return '';
  switch (what) {
    case 'ended':
      return t(`probe.ended.${reason as 'lost'}`); // the line's own reasons of an end
    case 'dropped':
      return t(`probe.dropped.${reason as 'blur'}`); // likewise of a drop
    case 'fault':
      return reason;
    default:
      return t(`probe.stopReason.${reason as 'force'}`); // likewise of a stop
  }
}

/** [CTL68] One sentence: what is going on or waited for. What the hand has to do beside it, as an arrow. */
export function StateStrip({ line, turning, children }: { readonly line: StateLine; readonly turning?: Turning; readonly children?: ReactNode }) {
  const { t } = useText();
  const reason = because(line, t);
  const values = { name: line.name === 'bedside' ? t('probe.byBedside') : (line.name ?? ''), deg: line.deg ?? 0, near: line.near === undefined ? '' : t(`probe.near.${line.near}`) };
  return (
    <div className="ct-line" data-tone={line.tone} data-what={line.what} role="status" data-testid="control-line">
      <span className="ct-line-icon">{ICONS[line.tone]}</span>
      <p>
        {reason !== '' && <span>{reason} </span>}
        <strong>{t(`probe.line.${line.what}`, values)}</strong>
        {line.what === 'match' && turning !== undefined && <span> {t(`probe.turning.${turning}`)}</span>}
      </p>
      {line.what === 'match' && turning !== undefined && <CueArrow cue={turning} />}
      {children}
    </div>
  );
}
