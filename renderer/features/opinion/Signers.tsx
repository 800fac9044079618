import { ArrowDownOutlined, ArrowUpOutlined, CheckCircleOutlined, DeleteOutlined, EditOutlined } from '@ant-design/icons';
import { Button, Select } from 'antd';
import type { OpinionContent } from '#shared/domain/opinion';
import type { Opinion } from '#shared/protocol/opinions';
import { fullName, shortName } from '../../i18n/format.ts';
import { Chip } from '../../ui/parts/Chip.tsx';
import { useText } from '../../ui/text.ts';
import { fullTime, panelOptions } from './panelText.ts';

interface SignersProps {
  readonly opinion: Opinion;
  readonly content: OpinionContent;
  readonly onEdit: ((change: Partial<OpinionContent>) => void) | null;
  readonly isLacking: boolean;
}

/** Who signs, in order; and below, the signatures as they come, with time and fingerprint. */
export function Signers({ opinion, content, onEdit, isLacking }: SignersProps) {
  const { t, language } = useText();
  const { signerIds } = content;
  const partyOf = (id: string) => opinion.panel.find((party) => party.id === id);
  const move = (from: number, to: number) => {
    const next = [...signerIds];
    const [moved] = next.splice(from, 1);
    if (moved !== undefined) next.splice(to, 0, moved);
    onEdit?.({ signerIds: next });
  };
  const open = panelOptions(opinion.panel, language).filter(({ value }) => !signerIds.includes(value));
  return (
    <section>
      <h2>{t('opinionDoc.signers')}</h2>
      {signerIds.length === 0 && onEdit === null && <p>{t('opinionDoc.nothing')}</p>}
      <ol className="op-signers" data-testid="opinion-signers">
        {signerIds.map((id, index) => {
          const party = partyOf(id);
          const signature = onEdit === null ? opinion.signatures.find(({ personId }) => personId === id) : undefined;
          const name = party ? fullName(party, language) : id;
          return (
            <li key={id}>
              <span className="op-place">{index + 1}</span>
              <span className="hz-grow">
                {name}
                {signature && (
                  <small className="op-signature">
                    {t('opinionDoc.signedAt', { time: fullTime(signature.signedAtMs, language), algorithm: signature.algorithm === 'sm2' ? 'SM2' : 'ECDSA P-256' })}
                    <code>{grouped(signature.certificateFingerprint)}</code>
                  </small>
                )}
              </span>
              {onEdit === null ? (
                signature ? <Chip tone="good" icon={<CheckCircleOutlined />}>{t('opinionDoc.signed')}</Chip> : opinion.nextSignerId === id ? <Chip tone="caution" icon={<EditOutlined />}>{t('opinionDoc.nextToSign')}</Chip> : null
              ) : (
                <>
                  <Button type="text" icon={<ArrowUpOutlined />} disabled={index === 0} aria-label={t('opinionDoc.signEarlier', { name: party ? shortName(party, language) : id })} onClick={() => move(index, index - 1)} />
                  <Button type="text" icon={<ArrowDownOutlined />} disabled={index === signerIds.length - 1} aria-label={t('opinionDoc.signLater', { name: party ? shortName(party, language) : id })} onClick={() => move(index, index + 1)} />
                  <Button type="text" icon={<DeleteOutlined />} aria-label={t('opinionDoc.removeSigner', { name: party ? shortName(party, language) : id })} onClick={() => onEdit({ signerIds: signerIds.filter((other) => other !== id) })} />
                </>
              )}
            </li>
          );
        })}
      </ol>
      {onEdit !== null && open.length > 0 && (
        <Select className="op-add" value={null} status={isLacking ? 'warning' : ''} aria-label={t('opinionDoc.addSigner')} placeholder={t('opinionDoc.addSigner')} options={open} onChange={(id: OpinionContent['signerIds'][number] | null) => (id === null ? undefined : onEdit({ signerIds: [...signerIds, id] }))} data-testid="add-signer" />
      )}
    </section>
  );
}

/** A fingerprint in groups that can be compared by eye. */
function grouped(fingerprint: string): string {
  return (fingerprint.match(/.{1,8}/g) ?? []).join(' ');
}
