/** Loudness 0–1 as a bar; the ear's scale is not linear, so quiet speech gets room by the square root. */
export function LevelMeter({ level, label }: { readonly level: number; readonly label: string }) {
  const shown = Math.sqrt(Math.min(1, Math.max(0, level)));
  return (
    <div className="hz-level" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(shown * 100)}>
      <span style={{ transform: `scaleX(${shown})` }} />
    </div>
  );
}
