import { ofKind } from '../../services/cases/caseView.ts';
import { useText } from '../../ui/text.ts';
import { useCase } from './fileContext.ts';
import { FieldRow } from './FieldRow.tsx';
import { ItemNotices } from './ItemNotices.tsx';
import { RECORD_FIELDS } from './recordFields.ts';
import { Section } from './Section.tsx';

const KINDS = ['request', 'history', 'examination', 'patient'] as const;

/** The request, history, examination and the patient's own data, each field written in its place. */
export function RecordSection() {
  const { t } = useText();
  const items = useCase((s) => s.items);
  return (
    <div className="cf-records">
      {KINDS.map((kind) => {
        const item = ofKind(items, kind)[0] ?? null;
        return (
          <Section key={kind} title={t(`caseKind.${kind}`)}>
            {item && <ItemNotices item={item} />}
            <dl className="cf-record">
              {RECORD_FIELDS[kind].map((field) => (
                <FieldRow key={field.name} kind={kind} item={item} field={field} />
              ))}
            </dl>
          </Section>
        );
      })}
    </div>
  );
}
