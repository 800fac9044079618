import { UserSwitchOutlined } from '@ant-design/icons';
import type { Party } from '#shared/domain/people';
import { fullName, pick } from '../../i18n/format.ts';
import { useText } from '../text.ts';
import { ExportButton } from './ExportButton.tsx';

/** Whose changes wait on this machine for their author to sign in, how many, and a way to take them along as a file [OFF10]. */
export function OthersNotice<E>({ others, make }: { readonly others: readonly { readonly author: Party; readonly entries: readonly E[] }[]; readonly make: (entries: readonly E[]) => Promise<Blob | null> }) {
  const { t, language } = useText();
  return others.map(({ author, entries }) => (
    <div key={author.id} className="hz-error" data-category="state" role="note" data-testid={`others-${author.id}`}>
      <UserSwitchOutlined />
      <div className="hz-grow">
        <strong>{t('cases.others', { count: entries.length, name: pick(author.name, language) })}</strong>
        <span>{t('cases.othersText', { name: fullName(author, language) })}</span>
      </div>
      <ExportButton make={() => make(entries)} fileName="huizhen-waiting.zip" label={t('cases.othersExport', { name: pick(author.name, language) })} />
    </div>
  ));
}
