import { Button } from 'antd';
import { Component, type ReactNode } from 'react';
import { type AppError, toAppError } from '#shared/protocol/errors';
import { useText } from '../text.ts';
import { ErrorNotice } from './ErrorNotice.tsx';

interface Props {
  readonly children: ReactNode;
  /** Told once for each failure, so that a log holds what no screen shows. */
  readonly onError?: (error: AppError) => void;
}

function Failed({ error, onRetry }: { readonly error: AppError; readonly onRetry: () => void }) {
  const { t } = useText();
  return (
    <div className="hz-empty">
      <ErrorNotice error={error} action={<Button onClick={onRetry}>{t('errorBoundary.reload')}</Button>} />
      <p>{t('errorBoundary.text')}</p>
    </div>
  );
}

/** Keeps a broken part from taking the screen with it: the consult's picture goes on while a panel has failed. */
export class ErrorBoundary extends Component<Props, { readonly error: AppError | null }> {
  override state: { readonly error: AppError | null } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: AppError } {
    return { error: toAppError(error) };
  }

  override componentDidCatch(error: unknown): void {
    this.props.onError?.(toAppError(error));
  }

  override render(): ReactNode {
    if (this.state.error) return <Failed error={this.state.error} onRetry={() => this.setState({ error: null })} />;
    return this.props.children;
  }
}
