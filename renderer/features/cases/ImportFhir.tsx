import { CheckCircleOutlined, ImportOutlined, WarningOutlined } from '@ant-design/icons';
import { Button, Modal } from 'antd';
import { useRef, useState } from 'react';
import type { CaseId } from '#shared/domain/ids';
import type { FhirImportResult } from '#shared/protocol/cases';
import { type AppError, toAppError } from '#shared/protocol/errors';
import type { FhirExchange } from '../../services/cases/fhirExchange.ts';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { useText } from '../../ui/text.ts';
import { groupLeft } from './leftResources.ts';

type Import = { readonly phase: 'working' } | { readonly phase: 'done'; readonly result: FhirImportResult } | { readonly phase: 'failed'; readonly error: AppError };

export interface ImportFhirProps {
  readonly exchange: FhirExchange;
  readonly isOnline: boolean;
  readonly onImported: () => void;
  readonly onOpen: (caseId: CaseId) => void;
}

/** Makes a case of a file from another system, and says what came in and what did not, and why. */
export function ImportFhir({ exchange, isOnline, onImported, onOpen }: ImportFhirProps) {
  const { t } = useText();
  const input = useRef<HTMLInputElement>(null);
  const [state, setState] = useState<Import | null>(null);
  const [fileName, setFileName] = useState('');
  const take = async (file: File) => {
    setFileName(file.name);
    setState({ phase: 'working' });
    try {
      const result = await exchange.importBundle(file);
      setState({ phase: 'done', result });
      onImported();
    } catch (error) {
      setState({ phase: 'failed', error: toAppError(error) });
    }
  };
  return (
    <>
      <Button icon={<ImportOutlined />} disabled={!isOnline} title={isOnline ? t('fhir.importHelp') : t('cases.needsNetwork')} onClick={() => input.current?.click()} data-testid="import-fhir">
        {t('fhir.import')}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json,application/fhir+json"
        hidden
        aria-label={t('fhir.import')}
        data-testid="import-fhir-file"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = ''; // the same file may be chosen again
          if (file) void take(file);
        }}
      />
      {state && (
        <Modal
          open
          centered
          width={680}
          title={t('fhir.importTitle', { file: fileName })}
          closable={state.phase !== 'working'}
          mask={{ closable: false }}
          onCancel={() => setState(null)}
          footer={
            state.phase === 'working' ? null : (
              <>
                <Button size="large" onClick={() => setState(null)}>
                  {t('common.close')}
                </Button>
                {state.phase === 'done' && (
                  <Button type="primary" size="large" onClick={() => onOpen(state.result.caseId)} data-testid="import-open">
                    {t('cases.openCase')}
                  </Button>
                )}
              </>
            )
          }
        >
          {state.phase === 'working' && <p role="status">{t('fhir.importing')}</p>}
          {state.phase === 'failed' && <ErrorNotice error={state.error} {...(state.error.code === 'input.malformed' ? { text: t('fhir.malformed') } : state.error.code === 'input.tooLarge' ? { text: t('fhir.tooLarge') } : {})} />}
          {state.phase === 'done' && <Result result={state.result} />}
        </Modal>
      )}
    </>
  );
}

function Result({ result: { imported, left } }: { readonly result: FhirImportResult }) {
  const { t } = useText();
  const total = imported.reduce((sum, { count }) => sum + count, 0);
  return (
    <div className="hz-column" data-testid="import-result">
      <h3 className="cs-import-head" data-tone="good">
        <CheckCircleOutlined /> {t('fhir.cameIn', { count: total })}
      </h3>
      <p>{imported.map(({ kind, count }) => t('fhir.kindCount', { kind: t(`caseKind.${kind}`), count })).join(t('common.listComma'))}</p>
      {left.length === 0 ? (
        <p className="hz-muted">{t('fhir.nothingLeft')}</p>
      ) : (
        <>
          <h3 className="cs-import-head" data-tone="caution">
            <WarningOutlined /> {t('fhir.left', { count: left.length })}
          </h3>
          <div className="cs-import-left" tabIndex={0} role="group" aria-label={t('fhir.left', { count: left.length })}>
            <table className="cs-import-table" data-testid="import-left">
              <thead>
                <tr>
                  <th scope="col">{t('fhir.resource')}</th>
                  <th scope="col">{t('fhir.count')}</th>
                  <th scope="col">{t('fhir.why')}</th>
                </tr>
              </thead>
              <tbody>
                {groupLeft(left).map(({ resourceType, reason, detail, count }) => (
                  <tr key={`${resourceType} ${reason} ${detail ?? ''}`}>
                    <th scope="row">{resourceType}</th>
                    <td>{count}</td>
                    <td>
                      {t(`fhir.reason.${reason}`)}
                      {detail !== null && <span className="hz-muted"> {detail}</span>}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </div>
  );
}
