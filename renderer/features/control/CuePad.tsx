import { GUIDANCE_CUES, type GuidanceCue } from '#shared/control/guidance';
import { useText } from '../../ui/text.ts';
import { CueArrow } from './CueArrow.tsx';

/** [CTL73] What the expert tells whoever holds the probe: one press, one cue. */
export function CuePad({ onCue }: { readonly onCue: (cue: GuidanceCue) => void }) {
  const { t } = useText();
  return (
    <section className="ct-card">
      <h2>{t('probe.cueTitle')}</h2>
      <div className="ct-cues">
        {GUIDANCE_CUES.map((cue) => (
          <button key={cue} type="button" onClick={() => onCue(cue)} data-testid={`cue-${cue}`}>
            <CueArrow cue={cue} />
            <span>{t(`probe.cue.${cue}`)}</span>
          </button>
        ))}
      </div>
    </section>
  );
}
