import { ExportOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useState } from 'react';
import { ConfirmDialog } from '../../ui/parts/ConfirmDialog.tsx';
import { ErrorNotice } from '../../ui/parts/ErrorNotice.tsx';
import { saveFile } from '../../ui/saveFile.ts';
import { useText } from '../../ui/text.ts';
import { useCase, useFile } from './fileContext.ts';
import { useWork } from './useWork.ts';

/** The case as a FHIR Bundle for another system. It holds what the server holds; what is unsent is said before. No name is in the file's name. */
export function ExportFhir({ unsent }: { readonly unsent: number }) {
  const { t } = useText();
  const { exportFhir, isOnline } = useFile();
  const caseId = useCase((s) => s.caseId);
  const [isAsked, setAsked] = useState(false);
  const { isWorking, error, run } = useWork();
  if (!exportFhir || caseId === null) return null;
  const save = () => void run(async () => saveFile(await exportFhir(caseId), `case-${caseId}.fhir.json`));
  return (
    <>
      <Button icon={<ExportOutlined />} disabled={!isOnline} loading={isWorking} onClick={() => (unsent > 0 ? setAsked(true) : save())} title={isOnline ? t('fhir.exportHelp') : t('cases.needsNetwork')} data-testid="export-fhir">
        {t('fhir.export')}
      </Button>
      {error && <ErrorNotice error={error} />}
      {isAsked && (
        <ConfirmDialog
          isOpen
          title={t('fhir.exportUnsentTitle')}
          text={t('fhir.exportUnsent', { count: unsent })}
          confirmLabel={t('fhir.export')}
          onConfirm={() => {
            setAsked(false);
            save();
          }}
          onCancel={() => setAsked(false)}
        />
      )}
    </>
  );
}
