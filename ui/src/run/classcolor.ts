// SPDX-License-Identifier: Apache-2.0
// A colour of the theme for each class of operators. There are more classes than colours that can be told apart: those that
// seldom stand beside each other share one, and the name is always printed.

const COLORS: Record<string, string> = {
    matmul: 'cpu', attention: 'cpu', inverse: 'cpu',
    convolution: 'gpu', embedding: 'gpu',
    normalization: 'ram', softmax: 'ram', loss: 'ram',
    activation: 'board', pooling: 'board', dropout: 'board',
    optimizer: 'other', elementwise: 'other', reduction: 'other',
    data: 'idle', copy: 'idle', other: 'idle',
};

export const classColor = (name: string): string => COLORS[name] ?? 'idle';
