import { useText } from '../../ui/text.ts';

/** [CTL67] The emergency stop: red, eight-sided, at least 96 px, never asks. While it is latched it says so, and stays where it is. */
export function StopButton({ isLatched, isSending, onStop, isWide = false }: { readonly isLatched: boolean; readonly isSending: boolean; readonly onStop: () => void; readonly isWide?: boolean }) {
  const { t } = useText();
  return (
    // Pressed, and not clicked: a finger that slides away has pressed it all the same.
    <button type="button" className="ct-stop" data-wide={isWide} data-latched={isLatched} data-testid="control-stop" aria-label={t('probe.stopLabel')} onPointerDown={onStop} onClick={(event) => (event.detail === 0 ? onStop() : undefined)}>
      <strong>{isLatched ? t('probe.stopLatched') : isSending ? t('probe.stopSending') : t('probe.stop')}</strong>
      {isWide && <span>{t('probe.stopHint')}</span>}
    </button>
  );
}
