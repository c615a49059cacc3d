"""Monte Carlo over the drivers that mining and AI share: how sure the plan's answer is. numpy only."""
