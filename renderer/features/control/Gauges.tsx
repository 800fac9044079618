import { CheckCircleOutlined, CloseCircleOutlined, ExclamationCircleOutlined, WarningOutlined } from '@ant-design/icons';
import type { ReactNode } from 'react';
import { LATENCY_BOUNDS_MS, type LatencyGrade } from '#shared/control/latencyGate';
import { useText } from '../../ui/text.ts';

const GRADE_ICONS: Readonly<Record<LatencyGrade, ReactNode>> = { green: <CheckCircleOutlined />, amber: <ExclamationCircleOutlined />, red: <WarningOutlined />, refused: <CloseCircleOutlined /> };
/** The end of the scale, ms. */
const SCALE_MS = 400;
const percent = (share: number): string => `${Math.max(0, Math.min(100, share * 100))}%`;

/** [CTL36] The round trip: number, colour, word. */
export function LatencyGauge({ roundTripMs, grade }: { readonly roundTripMs: number | null; readonly grade: LatencyGrade }) {
  const { t } = useText();
  const isKnown = roundTripMs !== null;
  return (
    <div className="ct-gauge" data-grade={isKnown ? grade : 'unknown'}>
      <div className="ct-gauge-head">
        <span>{t('probe.latency')}</span>
        <span className="ct-gauge-word">{isKnown ? <>{GRADE_ICONS[grade]} {t(`probe.grade.${grade}`)}</> : t('probe.gradeUnknown')}</span>
        <strong>{isKnown ? `${Math.round(roundTripMs)} ms` : '–'}</strong>
      </div>
      <div className="ct-scale" aria-hidden="true">
        <i style={{ width: percent(LATENCY_BOUNDS_MS.green / SCALE_MS) }} data-zone="green" />
        <i style={{ width: percent((LATENCY_BOUNDS_MS.amber - LATENCY_BOUNDS_MS.green) / SCALE_MS) }} data-zone="amber" />
        <i style={{ width: percent((LATENCY_BOUNDS_MS.red - LATENCY_BOUNDS_MS.amber) / SCALE_MS) }} data-zone="red" />
        <i style={{ flex: 1 }} data-zone="refused" />
        {isKnown && <b style={{ left: percent(roundTripMs / SCALE_MS) }} />}
      </div>
    </div>
  );
}

/** Force on the patient against the limit; what was asked for as a mark. */
export function ForceBar({ forceN, targetN, limitN, isInContact }: { readonly forceN: number; readonly targetN: number; readonly limitN: number; readonly isInContact: boolean }) {
  const { t } = useText();
  const isNumber = Number.isFinite(forceN);
  const level = !isNumber || forceN > limitN ? 'over' : forceN > 0.85 * limitN ? 'near' : 'fine';
  const most = limitN * 1.3 || 1;
  return (
    <div className="ct-gauge" data-level={level}>
      <div className="ct-gauge-head">
        <span>{t('probe.force')}</span>
        <span className="ct-gauge-word">{level === 'fine' ? t(isInContact ? 'probe.contact' : 'probe.noContact') : <>{level === 'over' ? <CloseCircleOutlined /> : <WarningOutlined />} {t(level === 'over' ? 'probe.forceOver' : 'probe.forceNear')}</>}</span>
        <strong>{isNumber ? `${Math.max(0, forceN).toFixed(1)} N` : '–'}</strong>
      </div>
      <div className="ct-scale ct-force" aria-hidden="true">
        <i style={{ width: percent((isNumber ? forceN : limitN) / most) }} />
        {targetN > 0 && <u style={{ left: percent(targetN / most) }} />}
        <b style={{ left: percent(limitN / most) }} />
      </div>
      <div className="ct-gauge-foot">{t('probe.forceLimit', { limit: limitN.toFixed(0) })}{targetN > 0 ? ` · ${t('probe.forceWanted', { force: targetN.toFixed(1) })}` : ''}</div>
    </div>
  );
}
