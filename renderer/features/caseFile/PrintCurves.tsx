import { clockTime } from '../../i18n/format.ts';
import type { ofKind } from '../../services/cases/caseView.ts';
import { useText } from '../../ui/text.ts';
import { usualRange, VITALS, type VitalsBody } from './vitalsView.ts';

/** Of the drawing, in its own units. */
const WIDTH = 300;
const HEIGHT = 70;

/** Each vital sign over time, black on white, with its usual range shaded: what was measured once only is in the table alone. */
export function PrintCurves({ rounds, ageYears }: { readonly rounds: ReturnType<typeof ofKind<'vitals'>>; readonly ageYears: number | null }) {
  const { t, language } = useText();
  const bodies: readonly VitalsBody[] = rounds.filter(({ retraction }) => retraction === null).map(({ content }) => content.body).sort((a, b) => a.measuredAtMs - b.measuredAtMs);
  const [firstMs, lastMs] = [bodies[0]?.measuredAtMs ?? 0, bodies.at(-1)?.measuredAtMs ?? 0];
  if (lastMs === firstMs) return null;
  const x = (ms: number) => ((ms - firstMs) / (lastMs - firstMs)) * WIDTH;
  return (
    <div className="cf-print-curves">
      {VITALS.map((vital) => {
        const points = bodies.flatMap((body) => (body[vital.name] === null ? [] : [{ ms: body.measuredAtMs, value: body[vital.name] ?? 0 }]));
        if (points.length < 2) return null;
        const [low, high] = usualRange(vital, ageYears);
        const values = points.map(({ value }) => value);
        const [least, most] = [Math.min(low, ...values), Math.max(high, ...values)];
        const y = (value: number) => HEIGHT - ((value - least) / (most - least)) * HEIGHT;
        return (
          <figure key={vital.name}>
            <figcaption>
              {t(`field.vitals.${vital.name}`)} {vital.unit}
            </figcaption>
            <svg viewBox={`-34 -6 ${WIDTH + 40} ${HEIGHT + 24}`} role="img">
              <rect x={0} y={y(high)} width={WIDTH} height={y(low) - y(high)} className="cf-print-usual" />
              <path d={points.map(({ ms, value }, index) => `${index === 0 ? 'M' : 'L'}${x(ms).toFixed(1)} ${y(value).toFixed(1)}`).join('')} />
              {points.map(({ ms, value }) => <circle key={ms} cx={x(ms)} cy={y(value)} r={1.8} />)}
              {[most, least].map((value) => (
                <text key={value} x={-4} y={y(value) + 3} textAnchor="end">
                  {value.toFixed(vital.decimals)}
                </text>
              ))}
              <text x={0} y={HEIGHT + 13}>
                {clockTime(firstMs, 0, language)}
              </text>
              <text x={WIDTH} y={HEIGHT + 13} textAnchor="end">
                {clockTime(lastMs, 0, language)}
              </text>
            </svg>
          </figure>
        );
      })}
    </div>
  );
}
