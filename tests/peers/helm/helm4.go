package cmd

import (
	"sigs.k8s.io/yaml"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
)

func newConfiguration() *action.Configuration {
	return action.NewConfiguration()
}

func renderFile(asked question) (string, error) {
	chart, err := loader.Load(asked.Chart)
	if err != nil {
		return "", err
	}
	values := common.Values{}
	if err := yaml.Unmarshal([]byte(asked.Values), &values); err != nil {
		return "", err
	}
	capabilities := common.DefaultCapabilities.Copy()
	if text := asked.Options.KubeVersion; text != "" {
		version, err := common.ParseKubeVersion(text)
		if err != nil {
			return "", err
		}
		capabilities.KubeVersion = *version
	}
	capabilities.APIVersions = append(capabilities.APIVersions, asked.Options.APIVersions...)
	release := common.ReleaseOptions{
		Name: asked.Options.Name, Namespace: asked.Options.Namespace, Revision: 1, IsInstall: true,
	}
	told, err := util.ToRenderValues(chart, values, release, capabilities)
	if err != nil {
		return "", err
	}
	files, err := engine.Render(chart, told)
	return files[asked.File], err
}
