import type { Party } from '#shared/domain/people';
import { fullName, initials } from '../../i18n/format.ts';
import { useText } from '../text.ts';

/** A round initial for a person, a square one for a cart; the whole name is its tooltip. Decorative where the name stands beside it. */
export function Avatar({ party, isDecorative = false }: { readonly party: Party; readonly isDecorative?: boolean }) {
  const { language } = useText();
  const label = fullName(party, language);
  return (
    <span className="hz-avatar" data-kind={party.kind} title={label} {...(isDecorative ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}>
      {initials(party, language)}
    </span>
  );
}

export function AvatarGroup({ parties, max }: { readonly parties: readonly Party[]; readonly max: number }) {
  const { t } = useText();
  const more = parties.length - max;
  return (
    <span className="hz-avatar-group">
      {parties.slice(0, max).map((party) => (
        <Avatar key={party.id} party={party} />
      ))}
      {more > 0 && (
        <span className="hz-avatar" role="img" aria-label={t('worklist.panelMore', { count: more })} title={t('worklist.panelMore', { count: more })}>
          +{more}
        </span>
      )}
    </span>
  );
}
