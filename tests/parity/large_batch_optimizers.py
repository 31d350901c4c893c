"""LAMB and LARS from their papers, for torch.optim has neither."""

import torch


class LAMB(torch.optim.Optimizer):
    """You and others, "Large batch optimization for deep learning: Training BERT in 76 minutes", algorithm 2."""

    def __init__(self, params, lr, weight_decay, betas=(0.9, 0.999), eps=1e-6):
        super().__init__(params, dict(lr=lr, weight_decay=weight_decay, betas=betas, eps=eps))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for x in group["params"]:
                state = self.state[x]
                state["t"] = state.get("t", 0) + 1
                state["m"] = beta1 * state.get("m", torch.zeros_like(x)) + (1 - beta1) * x.grad
                state["v"] = beta2 * state.get("v", torch.zeros_like(x)) + (1 - beta2) * x.grad**2
                m = state["m"] / (1 - beta1**state["t"])
                v = state["v"] / (1 - beta2**state["t"])
                update = m / (v.sqrt() + group["eps"]) + group["weight_decay"] * x
                sizes = x.norm(), update.norm()
                trust = sizes[0] / sizes[1] if min(sizes) > 0 else 1.0
                x -= group["lr"] * trust * update


class LARS(torch.optim.Optimizer):
    """You, Gitman and Ginsburg, "Large batch training of convolutional networks", algorithm 1."""

    def __init__(self, params, lr, weight_decay, momentum=0.9, trust_coefficient=1e-3):
        super().__init__(params, dict(lr=lr, weight_decay=weight_decay, momentum=momentum, trust=trust_coefficient))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            decay = group["weight_decay"]
            for w in group["params"]:
                sizes = w.norm(), w.grad.norm()
                local_lr = group["trust"] * sizes[0] / (sizes[1] + decay * sizes[0]) if min(sizes) > 0 else 1.0
                velocity = self.state[w].get("velocity", torch.zeros_like(w))
                velocity = group["momentum"] * velocity + group["lr"] * local_lr * (w.grad + decay * w)
                self.state[w]["velocity"] = velocity
                w -= velocity
